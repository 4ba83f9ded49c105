/** An activation applied to `values` in place; one row, so that softmax knows its neighbours. */
export type Activation = (values: Float32Array) => void

const each =
  (f: (x: number) => number): Activation =>
  (values) => {
    for (let at = 0; at < values.length; at += 1) values[at] = f(values[at] as number)
  }

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
// Beyond this e^x alone is the answer to a float32, and would overflow before its logarithm is taken.
const softplus = (x: number) => (x > 20 ? x : Math.log1p(Math.exp(x)))
// Klambauer et al. 2017, "Self-normalizing neural networks" (https://arxiv.org/abs/1706.02515).
const selu = { alpha: 1.6732632423543772, scale: 1.0507009873554805 }

function softmax(values: Float32Array): void {
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) most = Math.max(most, value)
  let sum = 0
  for (let at = 0; at < values.length; at += 1) {
    const grown = Math.exp((values[at] as number) - most)
    values[at] = grown
    sum += grown
  }
  for (let at = 0; at < values.length; at += 1) values[at] = (values[at] as number) / sum
}

/** Rectified, with a slope below 0 and, where it is given, a value that nothing exceeds. */
export function rectifier(slope: number, most = Number.POSITIVE_INFINITY): Activation {
  if (slope !== 0 || most !== Number.POSITIVE_INFINITY) return each((x) => Math.min(most, x < 0 ? slope * x : x))
  return (values) => {
    for (let at = 0; at < values.length; at += 1) if ((values[at] as number) < 0) values[at] = 0
  }
}

/** The activations that are known here, as TensorFlow.js names and defines them (tfjs-layers, src/activations.ts). */
export const activations: { readonly [name: string]: Activation } = {
  linear: () => {},
  relu: rectifier(0),
  relu6: rectifier(0, 6),
  elu: each((x) => (x < 0 ? Math.expm1(x) : x)),
  selu: each((x) => selu.scale * (x < 0 ? selu.alpha * Math.expm1(x) : x)),
  sigmoid: each(sigmoid),
  hardSigmoid: each((x) => Math.min(1, Math.max(0, 0.2 * x + 0.5))),
  softplus: each(softplus),
  softsign: each((x) => x / (1 + Math.abs(x))),
  tanh: each(Math.tanh),
  swish: each((x) => x * sigmoid(x)),
  mish: each((x) => x * Math.tanh(softplus(x))),
  softmax,
}
