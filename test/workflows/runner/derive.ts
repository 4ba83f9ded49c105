import { type Document, isPair, isScalar, parseDocument, visit, type YAMLMap } from 'yaml'
import type { Actions } from './actions.ts'
import { spoken } from './ask.ts'
import { expressionsIn, type Needs, sayNeeds, sayNeedsInIf } from './expressions.ts'
import { moveEnvToSteps, stepsOf } from './step-env.ts'
import { jobNode, type Workflow } from './workflow.ts'

/** The job beside it whose name, in act's log, tells the outputs. */
export const outputsJob = 'mergeline-outputs'
/** The output that the environment's `url:` becomes: it may ask for what steps said. */
export const urlOutput = 'mergeline-environment-url'

/** What act takes for `github.*`; of all else it says nothing, not even that it does not know it. */
const known =
  'action action_path action_ref action_repository actor api_url base_ref event event_name event_path graphql_url head_ref job ref ref_name ref_type repository repository_owner retention_days run_attempt run_id run_number server_url sha token workflow workspace'.split(
    ' ',
  )

export type Derived = {
  readonly job: string
  readonly needs: Needs
  /** The values of the matrix that this is the job for. */
  readonly combination: { readonly [name: string]: unknown } | undefined
  readonly actions: Actions
  readonly resultsUrl: string
  /** Variables of the runner whose values read like expressions. */
  readonly said: { readonly [name: string]: string }
}

/**
 * The workflow with one job, for act: the rest of the file as it is written. What GitHub itself acts on is gone, what other jobs said is in its place, and only
 * JavaScript actions get the token for artifacts. Throws for a value of `github` that act does not know.
 */
export function deriveJob(workflow: Workflow, { job, needs, combination, actions, ...rest }: Derived): string {
  const document = parseDocument(workflow.text)
  const node = jobNode(document, job)
  const url = node.getIn(['environment', 'url'])
  for (const key of ['permissions', 'concurrency', 'run-name']) document.delete(key)
  for (const key of ['needs', 'if', 'permissions', 'concurrency', 'environment', 'timeout-minutes', 'strategy'])
    node.delete(key)
  if (combination) node.set('strategy', document.createNode({ matrix: { include: [combination] } }))
  if (url) node.setIn(['outputs', urlOutput], url)
  moveEnvToSteps(document, node, rest.said)
  sayInScalars(node, needs)
  giveTokens(document, node, actions, rest.resultsUrl)
  const outputs = {
    needs: job,
    if: 'always()',
    name: spoken(`\${{ toJSON(needs.${job}.outputs) }}`),
    'runs-on': 'nobody',
  }
  document.set('jobs', document.createNode({}))
  document.setIn(['jobs', job], node)
  document.setIn(['jobs', outputsJob], document.createNode({ ...outputs, steps: [{ run: 'exit 1' }] }))
  const text = document.toString({ lineWidth: 0 })
  refuseUnknown(text, workflow.file)
  return text
}

function sayInScalars(node: YAMLMap, needs: Needs): void {
  visit(node, {
    Scalar(key, scalar, path) {
      if (key === 'key' || typeof scalar.value !== 'string') return
      const pair = path.at(-1)
      const say = isPair(pair) && isScalar(pair.key) && pair.key.value === 'if' ? sayNeedsInIf : sayNeeds
      scalar.value = say(scalar.value, needs)
    },
  })
}

function giveTokens(document: Document, job: YAMLMap, { javascript }: Actions, resultsUrl: string): void {
  for (const step of stepsOf(job)) {
    if (!javascript.has(String(step.get('uses')))) continue
    if (!step.has('env')) step.set('env', document.createNode({}))
    step.setIn(['env', 'ACTIONS_RESULTS_URL'], resultsUrl)
    step.setIn(['env', 'ACTIONS_RUNTIME_TOKEN'], `\${{ secrets.ACTIONS_RUNTIME_TOKEN }}`)
  }
}

function refuseUnknown(text: string, file: string): void {
  for (const expression of expressionsIn(text)) {
    const [, name] = /(?<![\w.-])github\.(\w+)/.exec(expression.replace(/'(?:[^']|'')*'/g, '')) ?? []
    if (name && !known.includes(name))
      throw new Error(`${file}: act does not know github.${name}, in \${{ ${expression} }}`)
  }
}
