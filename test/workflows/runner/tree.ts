import { cp, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { freePort } from '../../free-port.ts'
import { git } from '../github/git/command.ts'

/** Files by their path; a text that begins with `#!` is a program. */
export type Files = { readonly [path: string]: string }

/** Makes a repository at `dir` with these files as its one commit. */
export async function commitFiles(dir: string, files: Files): Promise<{ readonly [environment: string]: number }> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
  }
  await commit(dir)
  return {}
}

/**
 * Makes a repository at `dir` with the working tree of `root` as its one commit: what Git tracks and what it does not ignore, as it lies there. Its environments
 * get free ports of this machine, which it returns: GitHub gives every job a machine of its own, here they share one.
 */
export async function commitTree(root: string, dir: string): Promise<{ readonly [environment: string]: number }> {
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await execa('git', listed, { cwd: root })
  for (const path of stdout.split('\0').filter(Boolean)) {
    // Deleted, and not committed yet.
    if (!(await lstat(join(root, path)).catch(() => null))) continue
    await cp(join(root, path), join(dir, path), { verbatimSymlinks: true })
  }
  const ports: { [environment: string]: number } = {}
  for (const name of await readdir(join(dir, 'environments'))) {
    const file = join(dir, 'environments', name, 'environment.yaml')
    const text = await readFile(file, 'utf8').catch(() => '')
    if (name === 'base' || !/\bport: \d+/.test(text)) continue
    const port = await freePort()
    ports[name] = port
    await writeFile(file, text.replace(/\bport: \d+/, `port: ${port}`))
  }
  await commit(dir)
  return ports
}

async function commit(dir: string): Promise<void> {
  await git(dir, ['init', '--quiet', '-b', 'main'])
  await git(dir, ['add', '--all', '--force'])
  await git(dir, ['commit', '--quiet', '-m', 'The project'])
}
