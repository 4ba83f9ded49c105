import { loginOf, type Who } from '../credentials.ts'
import type { Ruleset, State } from '../state.ts'
import type { World } from '../world.ts'
import { git, tipOf } from './command.ts'
import type { Pusher, Rules } from './rulesets.ts'

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

/** By commit, the checks that succeeded. */
export function passedChecks(state: State): Rules['passed'] {
  const commits = new Set([...state.runs.map(({ headSha }) => headSha), ...state.checks.map(({ sha }) => sha)])
  const passed = (sha: string) =>
    [...checksOf(state, sha)].filter(([, said]) => said === 'success').map(([name]) => name)
  return Object.fromEntries([...commits].map((sha) => [sha, passed(sha)]))
}

/** The checks of a commit by their name: a job's newest attempt, a check run made through the API; null while it runs. */
export function checksOf({ runs, jobs, checks }: State, sha: string): Map<string, string | null> {
  const own = new Set(runs.filter(({ headSha }) => headSha === sha).map(({ id }) => id))
  return new Map([
    ...jobs.filter(({ runId }) => own.has(runId)).map(({ name, conclusion }) => [name, conclusion] as const),
    ...checks.filter((check) => check.sha === sha).map(({ name, conclusion }) => [name, conclusion] as const),
  ])
}
