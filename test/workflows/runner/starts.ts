import type { Workflow } from './workflow.ts'

/** What happened, as far as `on:` can tell apart: `ref` is the branch or tag of a push, the base of a pull request, the head of a run. */
export type Happening = {
  readonly name: string
  readonly ref: string
  readonly action?: string | undefined
  /** The name of the workflow that a `workflow_run` is about. */
  readonly workflow?: string | undefined
}

/** The kinds of an event that start a workflow where `types:` does not say (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows). */
const usual: { readonly [event: string]: readonly string[] } = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  merge_group: ['checks_requested'],
  workflow_run: ['requested', 'in_progress', 'completed'],
}
const known = ['types', 'branches', 'branches-ignore', 'tags', 'tags-ignore', 'workflows', 'inputs']

/** Whether an event starts a workflow. Throws for a filter that is not played here. */
export function starts({ on, file }: Workflow, { name, ref, action, workflow }: Happening): boolean {
  if (!(name in on)) return false
  const filters = on[name]
  if (Array.isArray(filters) || !filters) return action === undefined || (usual[name]?.includes(action) ?? true)
  const list = (filter: string) => filters[filter] as readonly string[] | string | undefined
  const unknown = Object.keys(filters).find((filter) => !known.includes(filter))
  if (unknown) throw new Error(`${file}: on.${name}.${unknown} is not played here`)
  const types = [list('types') ?? usual[name] ?? []].flat()
  if (action !== undefined && types.length > 0 && !types.includes(action)) return false
  if (name === 'workflow_run' && ![list('workflows') ?? []].flat().includes(workflow ?? '')) return false
  return refPasses(list, name, ref)
}

/** With filters for branches alone a tag starts nothing, and the other way round. */
function refPasses(
  list: (filter: string) => readonly string[] | string | undefined,
  event: string,
  ref: string,
): boolean {
  const tag = ref.startsWith('refs/tags/')
  const short = ref.replace(/^refs\/(heads|tags)\//, '')
  const [mine, others] = tag ? ['tags', 'branches'] : ['branches', 'tags']
  const [wanted, ignored] = [list(mine), list(`${mine}-ignore`)]
  if (wanted) return passes([wanted].flat(), short)
  if (ignored) return !passes([ignored].flat(), short)
  return event !== 'push' || !(list(others) ?? list(`${others}-ignore`))
}

/** The last pattern that matches decides; one with `!` takes back what those before it took. */
function passes(patterns: readonly string[], name: string): boolean {
  let taken = false
  for (const pattern of patterns) {
    const not = pattern.startsWith('!')
    if (regexOf(not ? pattern.slice(1) : pattern).test(name)) taken = !not
  }
  return taken
}

/** GitHub's patterns: `*` stays within a level, `**` does not; `?` and `+` are about the character before them. */
function regexOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.^${}()|\\]/g, '\\$&')
    .replace(/\*\*|\*/g, (found) => (found === '**' ? '.*' : '[^/]*'))
  return new RegExp(`^${source}$`)
}
