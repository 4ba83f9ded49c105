import { execFileSync } from 'node:child_process'
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopMlflow } from '../../pipeline/tracking/embedded.ts'

/** The repository that is tested. */
export const repository = join(import.meta.dirname, '..', '..')

export type Scratch = AsyncDisposable & { readonly root: string }

/** A tree with this repository's `.venv` and a blank in its name; its MLflow is stopped and all of it removed in the end. */
export async function scratchTree(): Promise<Scratch> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'mergeline tracking-')))
  await symlink(join(repository, '.venv'), join(root, '.venv'))
  return {
    root,
    async [Symbol.asyncDispose]() {
      await stopMlflow(root)
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** What `ps` shows of processes whose command line names the tree, or that belong to one of the groups. */
export function processesOf(root: string, groups: readonly number[] = []): string[] {
  const all = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,command='], { encoding: 'utf8' }).split('\n')
  return all.filter((line) => {
    const [, group, state] = line.trim().split(/\s+/)
    return !state?.startsWith('Z') && (line.includes(root) || groups.includes(Number(group)))
  })
}
