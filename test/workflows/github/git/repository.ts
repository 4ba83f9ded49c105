import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './command.ts'

/** Makes a bare repository that takes pushes over HTTP, keeps every move of a ref, and gives out any commit by its hash, as GitHub's do. */
export async function makeBare(folder: string, hooks: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await git(folder, ['init', '--quiet', '--bare', '-b', 'main', '.'])
  const settings = {
    'core.hooksPath': hooks,
    'core.logAllRefUpdates': 'always',
    'gc.auto': '0',
    'receive.autogc': 'false',
    'receive.hideRefs': 'refs/pull',
    'http.receivepack': 'true',
    'uploadpack.allowAnySHA1InWant': 'true',
    'uploadpack.allowFilter': 'true',
  }
  for (const [name, value] of Object.entries(settings)) await git(folder, ['config', name, value])
}

/** The hooks of all repositories: rules before a ref moves, and a list of what moved after. */
export async function writeHooks(hooks: string): Promise<void> {
  await mkdir(hooks, { recursive: true })
  await copyFile(join(import.meta.dirname, 'update.sh'), join(hooks, 'update'))
  await writeFile(join(hooks, 'post-receive'), '#!/bin/sh\nexec cat >"$PUSH_MOVED"\n')
  for (const name of ['update', 'post-receive']) await chmod(join(hooks, name), 0o755)
}
