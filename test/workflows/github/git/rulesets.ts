import type { Role, Ruleset } from '../state.ts'

/** Who pushes: a job's token (`app`) or a person. */
export type Pusher = { readonly login: string; readonly app: boolean; readonly role: Role }

/** One ref of a push; `old` or `new` of zeros is a creation or a deletion. `forward` says that nothing is lost by it. */
export type Change = { readonly ref: string; readonly old: string; readonly new: string; readonly forward: boolean }

/** What a push is judged by; `passed` has the checks that succeeded for a commit. */
export type Rules = {
  readonly rulesets: readonly Ruleset[]
  readonly passed: { readonly [sha: string]: readonly string[] }
}

const zero = /^0+$/
const roles: { readonly [id: number]: Role } = { 2: 'maintain', 4: 'write', 5: 'admin' }

/**
 * Why GitHub would refuse a change of a ref, in its words; none where it takes it (https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets).
 * Throws for a type of rule that is not known here. A job's token bypasses nothing: user-owned repositories accept no such bypass.
 */
export function refusals(change: Change, by: Pusher, { rulesets, passed }: Rules): string[] {
  const inForce = rulesets.filter(
    (each) => each.enforcement === 'active' && concerns(each, change.ref) && !bypasses(each, by),
  )
  return inForce.flatMap(({ rules = [] }) => rules.flatMap((rule) => broken(rule, change, passed)))
}

function broken(
  { type, parameters }: NonNullable<Ruleset['rules']>[number],
  change: Change,
  passed: Rules['passed'],
): string[] {
  const [created, deleted] = [zero.test(change.old), zero.test(change.new)]
  switch (type) {
    case 'creation':
      return created ? ['Cannot create ref due to creations being restricted.'] : []
    case 'deletion':
      return deleted ? ['Cannot delete this protected ref.'] : []
    case 'update':
      return created || deleted ? [] : ['Cannot update this protected ref.']
    case 'non_fast_forward':
      return created || deleted || change.forward ? [] : ['Cannot force-push to this protected ref.']
    case 'pull_request':
      return deleted || created ? [] : ['Changes must be made through a pull request.']
    case 'required_status_checks': {
      if (deleted || (created && parameters?.['do_not_enforce_on_create'] === true)) return []
      const wanted = contextsOf(parameters)
      const missing = wanted.filter((context) => !passed[change.new]?.includes(context))
      return missing.length > 0 ? [`${missing.length} of ${wanted.length} required status checks are expected.`] : []
    }
    default:
      throw new Error(`a ruleset has the rule ${JSON.stringify(type)}, which the stand-in for GitHub does not know`)
  }
}

/** The names of the checks that a rule of type `required_status_checks` asks for. */
export function contextsOf(parameters: { readonly [name: string]: unknown } | undefined): string[] {
  const checks = (parameters?.['required_status_checks'] ?? []) as readonly { readonly context: string }[]
  return checks.map(({ context }) => context)
}

/** Whether a ruleset is about a ref. */
export function concerns({ target = 'branch', conditions }: Ruleset, ref: string): boolean {
  if (!ref.startsWith(target === 'tag' ? 'refs/tags/' : 'refs/heads/') || target === 'push') return false
  const { include = [], exclude = [] } = conditions?.ref_name ?? {}
  const any = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, ref))
  return any(include) && !any(exclude)
}

/** Ruby's `File.fnmatch` with FNM_PATHNAME: a star stays within a level, `**` and a slash cross levels. */
function matches(pattern: string, ref: string): boolean {
  if (pattern === '~ALL') return true
  if (pattern === '~DEFAULT_BRANCH') return ref === 'refs/heads/main'
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\/|\*|\?/g, (found) => (found === '**/' ? '(?:[^/]+/)*' : found === '*' ? '[^/]*' : '[^/]'))
  return new RegExp(`^${source}$`).test(ref)
}

/** A role bypasses what names it: that an administrator may what a maintainer may is nowhere promised, so it is not assumed here. */
function bypasses({ bypass_actors = [] }: Ruleset, { app, role }: Pusher): boolean {
  return bypass_actors.some(({ actor_id, actor_type, bypass_mode = 'always' }) => {
    if (app || bypass_mode === 'pull_request') return false
    if (actor_type === 'OrganizationAdmin') return role === 'admin'
    return actor_type === 'RepositoryRole' && roles[actor_id ?? 0] === role
  })
}
