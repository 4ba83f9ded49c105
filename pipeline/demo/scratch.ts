import { existsSync } from 'node:fs'
import { mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { InputError } from '../errors.ts'
import { startOf } from '../processes.ts'

export const scratchPrefix = 'mergeline-demo-'
export const ownerFile = 'owner.json'

/** The process that a scratch clone belongs to; when it is gone, so may the clone be, unless it was to be kept. */
export type Owner = { readonly pid: number; readonly started: string; readonly keep: boolean }

/** A clone of the user's last commit with an `origin` of its own: the demo's whole world. */
export type Scratch = {
  /** The folder that holds everything; removed at the end unless it is kept. */
  readonly home: string
  /** The working tree. */
  readonly root: string
  /** Runs git in the working tree and returns what it printed. */
  readonly git: (...args: readonly string[]) => Promise<string>
  /** The environment of everything started in the scratch clone. */
  readonly env: { readonly [name: string]: string | undefined }
}

/**
 * Clones `root` at its last commit into a new folder of the system's temporary one, beside a bare `origin.git`. The user's own Git settings (hooks, signing,
 * identity) do not reach it. Packages and the Python environment are linked, not copied. Throws InputError when `root` is no Git clone.
 */
export async function createScratch(
  root: string,
  env: NodeJS.ProcessEnv,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<Scratch> {
  const head = await execa('git', ['rev-parse', 'HEAD'], { cwd: root, reject: false })
  if (head.failed) {
    throw new InputError(
      'demo: this folder is not a Git clone with a commit, and the demo shows what Git does; run `git init && git add -A && git commit -m "start"` and try again',
    )
  }
  const home = await realpath(await mkdtemp(join(tmpdir(), scratchPrefix)))
  const owner: Owner = { pid: process.pid, started: (await startOf(process.pid)) ?? '', keep }
  await writeFile(join(home, ownerFile), JSON.stringify(owner))
  const tree = join(home, 'clone')
  const origin = join(home, 'origin.git')
  const own = {
    ...env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    MLFLOW_TRACKING_URI: undefined,
  }
  const git = async (...args: readonly string[]) =>
    (await execa('git', args, { cwd: tree, env: own, extendEnv: false })).stdout
  // The user's settings apply to the one command that reads the user's clone: it may be marked safe there.
  await execa('git', ['clone', '--quiet', '--no-hardlinks', '--no-tags', root, tree], { env })
  await git('checkout', '--quiet', '-B', 'main', head.stdout)
  await git('config', 'user.name', 'Mergeline demo')
  await git('config', 'user.email', 'demo@mergeline.invalid')
  await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin], { env: own, extendEnv: false })
  await git('remote', 'set-url', 'origin', origin)
  await git('push', '--quiet', 'origin', 'main')
  for (const linked of ['node_modules', '.venv']) {
    if (existsSync(join(root, linked))) await symlink(await realpath(join(root, linked)), join(tree, linked))
  }
  return { home, root: tree, git, env: own }
}
