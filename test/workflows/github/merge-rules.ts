import { checksOf, rulesetsOf } from './git/in-force.ts'
import { concerns, contextsOf } from './git/rulesets.ts'
import type { World } from './world.ts'

/**
 * Why the button refuses to merge a commit into main: a way to merge that the rulesets do not allow, or a required check that ran and did not pass. A check that never
 * ran is taken as passed, and the review as given: a test runs the workflows that it is about.
 */
export async function blockers(world: World, sha: string, method: string): Promise<string[]> {
  const rulesets = await rulesetsOf(world)
  const inForce = rulesets.filter((each) => each.enforcement === 'active' && concerns(each, 'refs/heads/main'))
  const rules = inForce.flatMap((each) => each.rules ?? [])
  const ran = checksOf(world.state, sha)
  return rules.flatMap(({ type, parameters }) => {
    const methods = parameters?.['allowed_merge_methods'] as readonly string[] | undefined
    if (type === 'pull_request' && methods && !methods.includes(method)) return [`${method} is not allowed`]
    if (type !== 'required_status_checks') return []
    const failed = contextsOf(parameters).filter((name) => ran.has(name) && ran.get(name) !== 'success')
    return failed.map((name) => `the required check ${name} is ${ran.get(name) ?? 'in progress'}`)
  })
}
