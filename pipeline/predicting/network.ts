import type { layers, tf } from '../tensorflow.ts'
import { type Activation, activations, rectifier } from './activations.ts'

/** One step of a network that is a chain: its row in, its row out. */
export type Step =
  /** Inputs × kernel (a row of `units` for each input) + bias. */
  | {
      readonly kind: 'dense'
      readonly inputs: number
      readonly units: number
      readonly kernel: Float32Array
      readonly bias: Float32Array
    }
  /** Each value times its own factor, plus its own offset. */
  | { readonly kind: 'affine'; readonly factor: Float32Array; readonly offset: Float32Array }
  | { readonly kind: 'activation'; readonly apply: Activation }

/** A network that can be computed without TensorFlow.js: dense layers and what goes with them, one number at the end. */
export type Network = {
  readonly inputs: number
  readonly steps: readonly Step[]
  /** Multiplications for one row. */
  readonly multiplications: number
}

// They do something in training only.
const idle = ['InputLayer', 'Dropout', 'AlphaDropout', 'GaussianDropout', 'GaussianNoise']

/**
 * Reads a loaded model as a chain of steps that are known here. Returns a sentence that says what is not: another topology, layer, activation or type, more than one output,
 * a weight that is no finite number. (Leaving zeros out of a sum is right only with finite weights.)
 */
export function readNetwork(model: layers.LayersModel): Network | string {
  if (model.getClassName() !== 'Sequential') return `its topology is ${model.getClassName()}`
  const steps: Step[] = []
  for (const layer of model.layers) {
    const read = readLayer(layer)
    if (typeof read === 'string') return read
    steps.push(...read)
  }
  const weights = steps.flatMap((step) =>
    step.kind === 'dense' ? [step.kernel, step.bias] : step.kind === 'affine' ? [step.factor, step.offset] : [],
  )
  if (!weights.every((values) => values.every(Number.isFinite))) return 'a weight is no finite number'
  const dense = steps.filter((step) => step.kind === 'dense')
  const [first, last] = [dense[0], dense.at(-1)]
  if (!first || last?.units !== 1) return 'it does not end in one number'
  const multiplications = dense.reduce((sum, { inputs, units }) => sum + inputs * units, 0)
  return { inputs: first.inputs, steps, multiplications }
}

function readLayer(layer: layers.layers.Layer): readonly Step[] | string {
  const name = layer.getClassName()
  const config = layer.getConfig()
  const weights = layer.getWeights()
  if (idle.includes(name)) return []
  if (name === 'Dense') return dense(layer, weights)
  if (name === 'BatchNormalization') return normalisation(layer)
  if (name === 'Activation') return activation(config['activation'])
  if (name === 'LeakyReLU') return [{ kind: 'activation', apply: rectifier(Number(config['alpha'])) }]
  if (name === 'ReLU') {
    const most = config['maxValue'] ?? Number.POSITIVE_INFINITY
    return [{ kind: 'activation', apply: rectifier(0, Number(most)) }]
  }
  if (name === 'ELU' && config['alpha'] === 1) return activation('elu')
  return `it has a layer ${name}`
}

function dense(layer: layers.layers.Layer, weights: readonly tf.Tensor[]): readonly Step[] | string {
  const [kernel, bias] = weights
  const [inputs = 0, units = 0] = kernel?.shape ?? []
  if (kernel?.shape.length !== 2 || kernel.dtype !== 'float32') return 'a kernel is no matrix of float32'
  const after = activation(layer.getConfig()['activation'])
  if (typeof after === 'string') return after
  // Copies: what a backend returns may be a view of its memory.
  const values = (tensor: tf.Tensor | undefined, otherwise: number) =>
    tensor ? Float32Array.from(tensor.dataSync()) : new Float32Array(otherwise)
  return [{ kind: 'dense', inputs, units, kernel: values(kernel, 0), bias: values(bias, units) }, ...after]
}

/** (x − mean) / √(variance + ε) × γ + β as one factor and one offset (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167, algorithm 2). */
export function normalisation(layer: layers.layers.Layer): readonly Step[] | string {
  const { axis = -1, epsilon = 1e-3, scale = true, center = true } = layer.getConfig()
  if (axis !== -1 && axis !== 1) return 'it normalises along another axis'
  const weights = layer.getWeights().map((tensor) => Float32Array.from(tensor.dataSync()))
  const gamma = scale ? weights.shift() : undefined
  const beta = center ? weights.shift() : undefined
  const [mean = new Float32Array(), variance = new Float32Array()] = weights
  const factor = variance.map((value, at) => (gamma?.[at] ?? 1) / Math.sqrt(value + Number(epsilon)))
  const offset = mean.map((value, at) => (beta?.[at] ?? 0) - value * (factor[at] as number))
  return [{ kind: 'affine', factor, offset }]
}

function activation(name: unknown): readonly Step[] | string {
  if (name === 'linear') return []
  const apply = typeof name === 'string' && Object.hasOwn(activations, name) ? activations[name] : undefined
  return apply ? [{ kind: 'activation', apply }] : `its activation ${String(name)} is not known here`
}
