import { InputError } from '../errors.ts'
import type { Graph, Value } from './graph.ts'

type Step = { readonly apply: (x: number) => number; readonly nodes: (graph: Graph, value: Value) => Value }

const constant = (graph: Graph, value: number) => graph.tensor([1], Float64Array.of(value))

const scales: readonly Step[] = [
  { apply: (x) => x, nodes: (_, value) => value },
  { apply: Math.expm1, nodes: (graph, value) => graph.node('Sub', [graph.node('Exp', [value]), constant(graph, 1)]) },
  { apply: Math.exp, nodes: (graph, value) => graph.node('Exp', [value]) },
  { apply: (x) => 1 / (1 + Math.exp(-x)), nodes: (graph, value) => graph.node('Sigmoid', [value]) },
  { apply: (x) => x * x, nodes: (graph, value) => graph.node('Mul', [value, value]) },
]

const unbounded: Step = { apply: (x) => x, nodes: (_, value) => value }

/** Within the target's bounds; what overflowed stays so. */
const bounded = (minimum: number, maximum: number): Step => ({
  apply: (x) => (x === Number.POSITIVE_INFINITY ? x : Math.min(maximum, Math.max(minimum, x))),
  nodes(graph, value) {
    const within = graph.node('Min', [graph.node('Max', [value, constant(graph, minimum)]), constant(graph, maximum)])
    const overflowed = graph.node('Equal', [value, constant(graph, Number.POSITIVE_INFINITY)])
    return graph.node('Where', [overflowed, value, within])
  },
})

// 800: its exponential overflows.
const asked = Float32Array.from([...Array.from({ length: 401 }, (_, at) => (at - 200) / 12.5), 800, -800])

/**
 * Adds the way from the network's numbers (double, [n, 1]) to predictions in units of the target, as `inUnits` has it: which function that is, is found by asking it.
 * Throws InputError where it is none that is known here.
 */
export function unitNodes(
  graph: Graph,
  inUnits: (values: Float32Array) => readonly number[],
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
  value: Value,
): Value {
  const told = inUnits(asked)
  const near = (got: number, expected: number) =>
    Object.is(got, expected) || Math.abs(got - expected) <= 1e-12 * Math.max(1, Math.abs(expected))
  for (const scale of scales)
    for (const bound of [bounded(minimum, maximum), unbounded])
      if (asked.every((x, at) => near(told[at] as number, bound.apply(scale.apply(x)))))
        return bound.nodes(graph, scale.nodes(graph, value))
  throw new InputError(
    'export: link.fromModel in pipeline/task/model.ts is not expressed; x, expm1, exp, the logistic function and x² are',
  )
}
