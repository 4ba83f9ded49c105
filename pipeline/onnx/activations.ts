import type { Graph, Value } from './graph.ts'

type Nodes = (graph: Graph, value: Value) => Value

const one =
  (operator: string, attributes = {}): Nodes =>
  (graph, value) =>
    graph.node(operator, [value], attributes)

/** Rectified, with a slope below 0 and, where it is given, a value that nothing exceeds. */
export const rectifier =
  (slope: number, most = Number.POSITIVE_INFINITY): Nodes =>
  (graph, value) => {
    const rising = graph.node(
      slope === 0 ? 'Relu' : 'LeakyRelu',
      [value],
      slope === 0 ? {} : { alpha: { float: slope } },
    )
    return most === Number.POSITIVE_INFINITY
      ? rising
      : graph.node('Min', [rising, graph.tensor([], Float32Array.of(most))])
  }

/** The activations of TensorFlow.js (tfjs-layers, src/activations.ts), by its names for them, in ONNX's operators. */
export const activations: { readonly [name: string]: Nodes } = {
  linear: (_, value) => value,
  relu: one('Relu'),
  relu6: rectifier(0, 6),
  elu: one('Elu'),
  selu: one('Selu'),
  sigmoid: one('Sigmoid'),
  hardSigmoid: one('HardSigmoid'),
  softplus: one('Softplus'),
  softsign: one('Softsign'),
  tanh: one('Tanh'),
  swish: (graph, value) => graph.node('Mul', [value, graph.node('Sigmoid', [value])]),
  mish: one('Mish'),
  softmax: one('Softmax', { axis: -1 }),
}
