import type { Method } from './github/merge.ts'
import type { Pull } from './github/state.ts'
import type { Delivery } from './runner/deliver.ts'
import { cloneAs, createWorld, type User, type World, type WorldOf } from './runner/world.ts'
import { merged, opened, type Proposal, type Runs, tagged, together } from './together.ts'

export type { Runs } from './together.ts'

/** A project made from the template, with trainings of seconds. The image has a test of its own: without a builder it is switched off. */
export async function createProject(options: WorldOf = {}) {
  const world = await createWorld({ ...options, variables: { IMAGE_REGISTRY: 'none', ...options.variables } })
  // Who makes versions is a maintainer.
  world.github.state.roles['ada'] = 'maintain'
  return world
}

/** Somebody changes files on a branch, pushes it, and opens a pull request: what its runs came to. */
export async function propose(world: World, proposal: Proposal, delivery?: Delivery) {
  const [told] = await together(world, [opened(proposal)], delivery)
  return told
}

/** Merges a pull request as GitHub does: the commit on main, and what its runs came to. */
export async function land(world: World, pull: Pull, method?: Method, delivery?: Delivery) {
  const [told] = await together(world, [merged(pull, method)], delivery)
  return told
}

/** Tags main, or a commit of it, and pushes the tag: what its runs came to. */
export async function release(world: World, tag: string, commit?: string, delivery?: Delivery) {
  const [told] = await together(world, [tagged(tag, commit)], delivery)
  return told
}

/** A fork and its owner's clone of it. */
export async function forkAs(world: World, login: string): Promise<User & { readonly login: string }> {
  const { github } = world
  await github.fork(login)
  const name = github.state.repository.split('/')[1]
  return { ...(await cloneAs(world.home, login, github.serverUrl, `${login}/${name}`)), login }
}

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
