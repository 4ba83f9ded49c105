import { type Change, makeChanges } from '../../pipeline/demo/changes.ts'
import type { Pull } from './github/state.ts'
import { type Delivery, deliver } from './runner/deliver.ts'
import type { WorkflowRun } from './runner/run.ts'
import { cloneAs, createWorld, type User, type World, type WorldOf } from './runner/world.ts'

/** A project made from the template, with trainings of seconds. The image has a test of its own: without a builder it is switched off. */
export async function createProject(options: WorldOf = {}) {
  const world = await createWorld({ ...options, variables: { IMAGE_REGISTRY: 'none', ...options.variables } })
  // Who makes versions is a maintainer.
  world.github.state.roles['ada'] = 'maintain'
  return world
}

/** All but ci.yml, which runs the tests that this is one of. */
const loop = ['pull-request.yml', 'report.yml', 'staging.yml', 'production.yml']

/** Delivers what happened to the workflows of the loop. */
const happen = async (world: World, delivery?: Delivery) =>
  byWorkflow(await deliver(world, { only: loop, ...delivery }))

type Proposal = {
  readonly branch: string
  readonly title: string
  readonly changes: readonly Change[]
  /** What a commit before it changes. */
  readonly before?: readonly Change[]
  /** Who proposes it, from a fork. */
  readonly from?: User & { readonly login: string }
}

/** Somebody changes files on a branch, pushes it, and opens a pull request: what its runs came to. */
export async function propose(world: World, proposal: Proposal, delivery?: Delivery) {
  const pull = await open(world, proposal)
  return { pull, runs: await happen(world, delivery) }
}

/** Several pull requests onto the same main, opened one after the other, run at once: what the runs of each came to. */
export async function proposeAll(world: World, proposals: readonly Proposal[]) {
  const pulls: Pull[] = []
  for (const proposal of proposals) pulls.push(await open(world, proposal))
  const runs = await deliver(world, { only: loop })
  return pulls.map((pull) => ({ pull, runs: byWorkflow(runs.filter(({ event }) => headOf(event) === pull.headSha)) }))
}

/** Somebody pushes something else in the place of what a pull request proposed: what its runs came to. */
export async function replace(world: World, proposal: Proposal) {
  await write(proposal, proposal.from ?? world.user)
  return happen(world)
}

async function open(world: World, proposal: Proposal): Promise<Pull> {
  const { branch, title, from } = proposal
  await write(proposal, from ?? world.user)
  return world.github.openPull({ branch, title, ...(from ? { owner: from.login } : {}) })
}

/** Makes the commits of a branch, on top of main, and pushes it. */
async function write({ branch, title, changes, before }: Proposal, { git, root }: User): Promise<void> {
  await git('fetch', '--quiet', 'origin')
  await git('switch', '--quiet', '-C', branch, 'origin/main')
  for (const [message, commit] of [['Before', before ?? []] as const, [title, changes] as const]) {
    if (commit.length === 0) continue
    await makeChanges(root, commit)
    await git('commit', '--quiet', '-am', message)
  }
  await git('push', '--quiet', '--force', 'origin', branch)
}

type Payload = { readonly [part: string]: { readonly head?: { readonly sha: string }; readonly head_sha?: string } }

/** The head of the pull request that an event is about, or the run that it tells of. */
function headOf({ payload }: WorkflowRun['event']): string | undefined {
  const { pull_request, workflow_run } = payload as Payload
  return pull_request?.head?.sha ?? workflow_run?.head_sha
}

/** Merges a pull request as GitHub does: the commit on main, and what its runs came to. */
export async function land(
  world: World,
  { number }: Pull,
  method: 'merge' | 'squash' | 'rebase' = 'squash',
  delivery?: Delivery,
) {
  const commit = await world.github.merge(number, method)
  return { commit, runs: await happen(world, delivery) }
}

/** Tags main, or a commit of it, and pushes the tag: what its runs came to. */
export async function release(world: World, tag: string, commit = 'origin/main', delivery?: Delivery) {
  const { git } = world.user
  await git('fetch', '--quiet', 'origin')
  await git('tag', tag, commit)
  await git('push', '--quiet', 'origin', tag)
  return await happen(world, delivery)
}

/** A fork and its owner's clone of it. */
export async function forkAs(world: World, login: string): Promise<User & { readonly login: string }> {
  const { github } = world
  await github.fork(login)
  const name = github.state.repository.split('/')[1]
  return { ...(await cloneAs(world.home, login, github.serverUrl, `${login}/${name}`)), login }
}

export type Runs = { readonly [workflow: string]: WorkflowRun }

const byWorkflow = (runs: readonly WorkflowRun[]): Runs => Object.fromEntries(runs.map((run) => [run.workflow, run]))

/** What every run ended with, `workflow: conclusion`, sorted; a failed one with the end of its log. */
export const ends = (runs: Runs) =>
  Object.values(runs)
    .map(({ workflow, conclusion }) => `${workflow}: ${conclusion}`)
    .sort()

/** The logs of the jobs that failed, for a test's message. */
export const failures = (runs: Runs) =>
  Object.values(runs)
    .flatMap(({ workflow, jobs }) =>
      Object.entries(jobs)
        .filter(([, { conclusion }]) => conclusion === 'failure')
        .map(([job, { log }]) => `${workflow} / ${job}:\n${log.slice(-3000)}`),
    )
    .join('\n\n')

/** The ledger, oldest first: one line an entry, as `git log` shows it. */
export async function ledger({ user }: World): Promise<readonly string[]> {
  await user.git('fetch', '--quiet', 'origin')
  return (await user.git('log', '--reverse', '--first-parent', '--format=%s', 'origin/releases')).split('\n')
}
