import { type Document, isMap, type Pair, type YAMLMap } from 'yaml'
import { literal } from './expressions.ts'

type Values = { readonly [name: string]: string }

/**
 * Gives each step of a job the `env:` of workflow and job as its own. act evaluates those of a job twice, so that a value which reads like an expression would
 * become one; GitHub does not, and hostile names of branches and outputs of other jobs must be able to hold what they like.
 */
export function moveEnvToSteps(document: Document, job: YAMLMap, said: Values): void {
  const pairs = [pairsOf(document.get('env')), pairsOf(job.get('env'))].flat()
  document.delete('env')
  job.delete('env')
  for (const step of stepsOf(job)) {
    const env = document.createNode({}) as YAMLMap
    for (const pair of [...pairs, ...pairsOf(step.get('env'))]) env.set(String(pair.key), clone(pair.value))
    for (const [name, value] of Object.entries(said)) env.set(name, `\${{ ${literal(value)} }}`)
    if (env.items.length > 0) step.set('env', env)
  }
}

/** The steps of a job, as they are written. */
export function stepsOf(job: YAMLMap): YAMLMap[] {
  const steps = job.get('steps') as { readonly items: readonly unknown[] }
  return steps.items.filter((step) => isMap(step))
}

/** Splits an environment into what act may be told and what only steps can be given without act reading it. */
export function plainOf(env: Values): { readonly plain: Values; readonly said: Values } {
  const [plain, said] = [{} as { [name: string]: string }, {} as { [name: string]: string }]
  for (const [name, value] of Object.entries(env)) (value.includes('${{') ? said : plain)[name] = value
  return { plain, said }
}

const pairsOf = (node: unknown): readonly Pair[] => (isMap(node) ? node.items : [])

const clone = (node: unknown) => (node as { clone?: () => unknown } | null)?.clone?.() ?? node
