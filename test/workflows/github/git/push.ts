import { loginOf, type Who } from '../credentials.ts'
import { refreshPulls } from '../pulls.ts'
import type { Ruleset, State } from '../state.ts'
import type { World } from '../world.ts'
import { git, tipOf } from './command.ts'
import type { Pusher, Rules } from './rulesets.ts'

export type Moved = { readonly ref: string; readonly before: string; readonly after: string }

/** What the hook judges a push by. A fork has no rules of ours. */
export async function rulesFor(world: World, who: Who, repository: string): Promise<{ by: Pusher; rules: Rules }> {
  const { state } = world
  const login = loginOf(who)
  const by = { login, app: who.kind !== 'person', role: state.roles[login] ?? 'write' }
  const rulesets = repository === state.repository ? await rulesetsOf(world) : []
  return { by, rules: { rulesets, passed: passedChecks(state) } }
}

/** The rulesets of the repository: the files in `.github/rulesets/` of main (an owner has imported them), and the state's. */
export async function rulesetsOf({ origin, state }: World): Promise<Ruleset[]> {
  if (!(await tipOf(origin, 'refs/heads/main'))) return [...state.rulesets]
  const listed = await git(origin, ['ls-tree', '--name-only', 'refs/heads/main', '.github/rulesets/'])
  const files = listed.split('\n').filter((path) => path.endsWith('.json'))
  const texts = await Promise.all(files.map((path) => git(origin, ['cat-file', 'blob', `refs/heads/main:${path}`])))
  return [...texts.map((text) => JSON.parse(text) as Ruleset), ...state.rulesets]
}

/** By commit, the checks that succeeded: jobs of the latest attempt of each run, and check runs made through the API. */
export function passedChecks({ runs, jobs, checks }: State): Rules['passed'] {
  const passed: { [sha: string]: string[] } = {}
  const add = (sha: string, name: string) => {
    passed[sha] = [...(passed[sha] ?? []), name]
  }
  for (const { id, attempt, headSha } of runs) {
    const own = jobs.filter((job) => job.runId === id && job.attempt === attempt)
    for (const { name, conclusion } of own) if (conclusion === 'success') add(headSha, name)
  }
  for (const { sha, name, conclusion } of checks) if (conclusion === 'success') add(sha, name)
  return passed
}

/** GitHub starts no workflow for what a job pushed, nor for tags when more than three come at once (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#push). */
export async function pushed(world: World, who: Who, repository: string, moved: readonly Moved[]): Promise<void> {
  const { state } = world
  const actor = loginOf(who)
  if (repository === state.repository) {
    const tags = moved.filter(({ ref }) => ref.startsWith('refs/tags/')).length
    for (const each of moved) {
      const starts = who.kind === 'person' && !(each.ref.startsWith('refs/tags/') && tags > 3)
      state.events.push({ event: 'push', ...each, actor, starts })
    }
  }
  await refreshPulls(world, { actor, starts: who.kind === 'person' })
}
