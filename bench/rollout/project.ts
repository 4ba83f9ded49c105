import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { git } from '../../pipeline/release/git.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { apiKeyOf } from '../../pipeline/release/targets/api-key.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { freePort } from '../../pipeline/release/targets/ports.ts'
import { untrainedBundle } from '../bundle.ts'

const here = join(import.meta.dirname, '../..')
const parts = ['serve', 'pipeline', 'environments', 'package.json', 'package-lock.json', 'tsconfig.json']

export const environment = 'production'

/** How a model turns out: `shifted` predicts otherwise in production than its own reference says it did under the gate. */
export type Fate = 'good' | 'shifted'

/**
 * A scratch clone of the commit that is checked out here, with an origin of its own, a production environment on a free port and the policy that the repository has for everybody but for
 * what `canary` changes. Nothing of it is left when disposed: its servers end with it.
 */
export async function scratchProject({ canary = {} }: { readonly canary?: object } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-bench-rollout-'))
  const root = join(dir, 'work')
  await git(dir, ['init', '--quiet', '-b', 'main', root])
  await git(root, ['config', 'user.name', 'Bench'])
  await git(root, ['config', 'user.email', 'bench@example.org'])
  await git(here, ['archive', '--format=tar', `--output=${join(dir, 'code.tar')}`, 'HEAD', ...parts])
  await execa('tar', ['-xf', join(dir, 'code.tar'), '-C', root])
  await symlink(join(here, 'node_modules'), join(root, 'node_modules'))
  await writeFile(join(root, '.gitignore'), 'node_modules\n.mergeline\n')
  const port = await freePort()
  await writeFile(join(root, 'environments', environment, 'environment.yaml'), stringify({ host: { port }, canary }))
  await git(root, ['add', '.'])
  await git(root, ['commit', '--quiet', '-m', 'project'])
  await git(dir, ['init', '--quiet', '--bare', '-b', 'main', join(dir, 'origin.git')])
  await git(root, ['remote', 'add', 'origin', join(dir, 'origin.git')])
  await git(root, ['push', '--quiet', 'origin', 'main'])
  const state = stateDir(root, environment)
  await mkdir(state, { recursive: true })
  return {
    dir,
    root,
    port,
    state,
    commit: await git(root, ['rev-parse', 'HEAD']),
    key: (await apiKeyOf(state)).key,
    /** A model that nobody had before, and the folder of its bundle. */
    async model(version: number, fate: Fate): Promise<{ readonly model: ReleasedModel; readonly bundle: string }> {
      const bundle = join(dir, `bundle-${version}-${randomBytes(3).toString('hex')}`)
      const digest = await untrainedBundle(bundle, { seed: version, shift: fate === 'shifted' ? 50 : 0 })
      return { model: { name: 'ice-cream-sales', version, digest, fingerprint: digest }, bundle }
    },
    async [Symbol.asyncDispose]() {
      await stop(root, environment)
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

export type Project = Awaited<ReturnType<typeof scratchProject>>
