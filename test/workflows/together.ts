import { type Change, makeChanges } from '../../pipeline/demo/changes.ts'
import type { Method } from './github/merge.ts'
import type { Pull } from './github/state.ts'
import { type Delivery, deliver } from './runner/deliver.ts'
import type { WorkflowRun } from './runner/run.ts'
import type { User, World } from './runner/world.ts'

export type Runs = { readonly [workflow: string]: WorkflowRun }

/** Something that somebody does to the project. It is done at once; `tell` gets the runs of what `isOwn` when all have ended. */
type Act<T> = (world: World) => Promise<{
  readonly isOwn: (event: WorkflowRun['event']) => boolean
  readonly tell: (runs: Runs) => T
}>

export type Proposal = {
  readonly branch: string
  readonly title: string
  readonly changes: readonly Change[]
  /** What a commit before it changes. */
  readonly before?: readonly Change[]
  /** Who proposes it, from a fork. */
  readonly from?: User & { readonly login: string }
}

/** All but ci.yml, which runs the tests that this is one of. */
const loop = ['pull-request.yml', 'report.yml', 'staging.yml', 'production.yml']

/** Does one thing after the other, and then delivers all that happened to the workflows of the loop at once: what the runs of each came to. */
export async function together<const Acts extends readonly Act<unknown>[]>(
  world: World,
  acts: Acts,
  delivery?: Delivery,
): Promise<{ -readonly [At in keyof Acts]: Acts[At] extends Act<infer T> ? T : never }> {
  const done: Awaited<ReturnType<Act<unknown>>>[] = []
  for (const act of acts) done.push(await act(world))
  const runs = await deliver(world, { only: loop, ...delivery })
  const told = done.map(({ isOwn, tell }) => tell(byWorkflow(runs.filter(({ event }) => isOwn(event)))))
  return told as Awaited<ReturnType<typeof together<Acts>>>
}

export const byWorkflow = (runs: readonly WorkflowRun[]): Runs =>
  Object.fromEntries(runs.map((run) => [run.workflow, run]))

/** Somebody changes files on a branch, pushes it, and opens a pull request. */
export const opened =
  (proposal: Proposal): Act<{ readonly pull: Pull; readonly runs: Runs }> =>
  async (world) => {
    const { branch, title, from } = proposal
    const head = await pushBranch(world, proposal)
    const pull = await world.github.openPull({ branch, title, ...(from ? { owner: from.login } : {}) })
    return { isOwn: (event) => headOf(event) === head, tell: (runs) => ({ pull, runs }) }
  }

/** Somebody pushes something else in the place of what a pull request proposed. */
export const replaced =
  (proposal: Proposal): Act<Runs> =>
  async (world) => {
    const head = await pushBranch(world, proposal)
    return { isOwn: (event) => headOf(event) === head, tell: (runs) => runs }
  }

/** A pull request is merged, as GitHub does it; `commit` is where main is then. */
export const merged =
  ({ number }: Pull, method: Method = 'squash'): Act<{ readonly commit: string; readonly runs: Runs }> =>
  async (world) => {
    const commit = await world.github.merge(number, method)
    return {
      isOwn: ({ name, ref, sha }) => name === 'push' && ref === 'refs/heads/main' && sha === commit,
      tell: (runs) => ({ commit, runs }),
    }
  }

/** Somebody tags main, or a commit of it, and pushes the tag. */
export const tagged =
  (tag: string, commit = 'origin/main'): Act<Runs> =>
  async ({ user: { git } }) => {
    await git('fetch', '--quiet', 'origin')
    await git('tag', tag, commit)
    await git('push', '--quiet', 'origin', tag)
    return { isOwn: ({ ref }) => ref === `refs/tags/${tag}`, tell: (runs) => runs }
  }

/** Makes the commits of a branch, on top of main, and pushes it; returns the last. */
async function pushBranch({ user }: World, { branch, title, changes, before, from }: Proposal): Promise<string> {
  const { git, root } = from ?? user
  await git('fetch', '--quiet', 'origin')
  await git('switch', '--quiet', '-C', branch, 'origin/main')
  for (const [message, commit] of [['Before', before ?? []] as const, [title, changes] as const]) {
    if (commit.length === 0) continue
    await makeChanges(root, commit)
    await git('commit', '--quiet', '-am', message)
  }
  await git('push', '--quiet', '--force', 'origin', branch)
  return git('rev-parse', 'HEAD')
}

type Payload = { readonly [part: string]: { readonly head?: { readonly sha: string }; readonly head_sha?: string } }

/** The head of the pull request that an event is about, or the run that it tells of. */
function headOf({ payload }: WorkflowRun['event']): string | undefined {
  const { pull_request, workflow_run } = payload as Payload
  return pull_request?.head?.sha ?? workflow_run?.head_sha
}
