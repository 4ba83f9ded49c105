import { InputError } from '../errors.ts'
import { normalisation } from '../predicting/network.ts'
import type { layers } from '../tensorflow.ts'
import { activations, rectifier } from './activations.ts'
import type { Graph, Value } from './graph.ts'
import { convolution, pooling, spatialOf } from './spatial.ts'

/** A layer of TensorFlow.js and what goes into it: nodes for it, and the value that comes out. */
type LayerNodes = (graph: Graph, layer: layers.layers.Layer, inputs: readonly Value[]) => Value

/**
 * Adds a network's layers to a graph, from rows of features (float, [n, inputs]) to its one number a row (float, [n, 1]): a chain, or layers that fork and join.
 * Throws InputError that names the layer that cannot be expressed.
 */
export function networkNodes(graph: Graph, model: layers.LayersModel, rows: Value): Value {
  const [[input, ...others], [output, ...more]] = [model.inputs, model.outputs]
  if (!input || !output || others.length > 0 || more.length > 0 || output.shape.length !== 2 || output.shape[1] !== 1)
    throw refusal('the network', 'has not one row of inputs and one number of output')
  const values = new Map([[input.id, rows]])
  for (const layer of model.layers) {
    if (layer.getClassName() === 'InputLayer') continue
    if (layer.inboundNodes.length > 1) throw refusal(nameOf(layer), 'is used more than once')
    const from = [layer.input].flat().map(({ id }) => values.get(id) as Value)
    const nodes = Object.hasOwn(known, layer.getClassName()) ? known[layer.getClassName()] : undefined
    if (!nodes)
      throw refusal(nameOf(layer), `is no layer that is expressed here; those are ${Object.keys(known).join(', ')}`)
    for (const { id } of [layer.output].flat()) values.set(id, nodes(graph, layer, from))
  }
  return values.get(output.id) as Value
}

const nameOf = (layer: layers.layers.Layer) => `the layer ${layer.name} (${layer.getClassName()})`

const refusal = (what: string, why: string) =>
  new InputError(`export: ${what} ${why}; serve the bundle itself, or train a network of other layers`)

const first = (inputs: readonly Value[]) => inputs[0] as Value

const idle: LayerNodes = (_, __, inputs) => first(inputs)

const dense: LayerNodes = (graph, layer, inputs) => {
  const [kernel, bias] = weightsOf(graph, layer)
  const rank = [layer.input].flat()[0]?.shape.length ?? 0
  // One operator for both is the usual form of a chain of dense layers.
  if (rank === 2 && bias) return activated(graph, layer, graph.node('Gemm', [first(inputs), kernel as Value, bias]))
  const product = graph.node('MatMul', [first(inputs), kernel as Value])
  return activated(graph, layer, bias ? graph.node('Add', [product, bias]) : product)
}

const embedding: LayerNodes = (graph, layer, inputs) => {
  if (layer.getConfig()['maskZero'] === true) throw refusal(nameOf(layer), 'masks zeros, which is not expressed here')
  const [table] = weightsOf(graph, layer)
  return graph.node('Gather', [table as Value, graph.cast(first(inputs), 'int64')])
}

const normalised: LayerNodes = (graph, layer, inputs) => {
  const steps = normalisation(layer)
  const [step] = typeof steps === 'string' ? [] : steps
  if (step?.kind !== 'affine') throw refusal(nameOf(layer), `is not expressed: ${steps}`)
  const { factor, offset } = step
  const scaled = graph.node('Mul', [first(inputs), graph.tensor([factor.length], factor)])
  return graph.node('Add', [scaled, graph.tensor([offset.length], offset)])
}

const reshaped: LayerNodes = (graph, layer, inputs) => {
  if (layer.getConfig()['dataFormat'] === 'channelsFirst') throw refusal(nameOf(layer), 'has its channels first')
  const shape = [layer.output].flat()[0]?.shape.slice(1) ?? []
  // 0: as many rows as there are.
  const sizes = BigInt64Array.from([0n, ...shape.map((size) => BigInt(size ?? -1))])
  return graph.node('Reshape', [first(inputs), graph.tensor([sizes.length], sizes)])
}

const joined =
  (operator: string): LayerNodes =>
  (graph, _, inputs) =>
    inputs.reduce((left, right) => graph.node(operator, [left, right]))

function convolved(graph: Graph, layer: layers.layers.Layer, inputs: readonly Value[]): Value {
  const spatial = spatialOf(layer)
  if (typeof spatial === 'string') throw refusal(nameOf(layer), spatial)
  return activated(graph, layer, convolution(graph, layer, spatial, first(inputs)))
}

const pooled =
  (operator: 'MaxPool' | 'AveragePool'): LayerNodes =>
  (graph, layer, inputs) => {
    const spatial = spatialOf(layer)
    if (typeof spatial === 'string') throw refusal(nameOf(layer), spatial)
    return pooling(graph, operator, spatial, first(inputs))
  }

/** The maximum or the mean over all places. */
const reduced =
  (operator: 'ReduceMax' | 'ReduceMean'): LayerNodes =>
  (graph, layer, inputs) => {
    if (layer.getConfig()['dataFormat'] === 'channelsFirst') throw refusal(nameOf(layer), 'has its channels first')
    const rank = [layer.input].flat()[0]?.shape.length ?? 0
    const axes = BigInt64Array.from({ length: rank - 2 }, (_, axis) => BigInt(axis + 1))
    return graph.node(operator, [first(inputs), graph.tensor([axes.length], axes)], { keepdims: 0 })
  }

/** The layers that are expressed, by TensorFlow.js's names for them. */
const known: { readonly [name: string]: LayerNodes } = {
  Dense: dense,
  Conv1D: convolved,
  Conv2D: convolved,
  Embedding: embedding,
  Flatten: reshaped,
  Reshape: reshaped,
  Permute: (graph, layer, inputs) =>
    graph.node('Transpose', [first(inputs)], { perm: [0, ...(layer.getConfig()['dims'] as number[])] }),
  MaxPooling1D: pooled('MaxPool'),
  MaxPooling2D: pooled('MaxPool'),
  AveragePooling1D: pooled('AveragePool'),
  AveragePooling2D: pooled('AveragePool'),
  GlobalMaxPooling1D: reduced('ReduceMax'),
  GlobalMaxPooling2D: reduced('ReduceMax'),
  GlobalAveragePooling1D: reduced('ReduceMean'),
  GlobalAveragePooling2D: reduced('ReduceMean'),
  Concatenate: (graph, layer, inputs) =>
    graph.node('Concat', inputs, { axis: Number(layer.getConfig()['axis'] ?? -1) }),
  Add: joined('Add'),
  Multiply: joined('Mul'),
  Maximum: joined('Max'),
  Minimum: joined('Min'),
  BatchNormalization: normalised,
  Activation: (graph, layer, inputs) => activated(graph, layer, first(inputs)),
  ReLU: (graph, layer, inputs) =>
    rectifier(0, Number(layer.getConfig()['maxValue'] ?? Number.POSITIVE_INFINITY))(graph, first(inputs)),
  LeakyReLU: (graph, layer, inputs) => rectifier(Number(layer.getConfig()['alpha']))(graph, first(inputs)),
  ELU: (graph, layer, inputs) =>
    graph.node('Elu', [first(inputs)], { alpha: { float: Number(layer.getConfig()['alpha']) } }),
  Softmax: (graph, layer, inputs) =>
    graph.node('Softmax', [first(inputs)], { axis: Number(layer.getConfig()['axis'] ?? -1) }),
  // They do something in training only.
  Dropout: idle,
  SpatialDropout1D: idle,
  AlphaDropout: idle,
  GaussianDropout: idle,
  GaussianNoise: idle,
}

function activated(graph: Graph, layer: layers.layers.Layer, value: Value): Value {
  const name = layer.getConfig()['activation'] ?? 'linear'
  const nodes = typeof name === 'string' && Object.hasOwn(activations, name) ? activations[name] : undefined
  if (!nodes) throw refusal(nameOf(layer), `has the activation ${String(name)}, which is not expressed here`)
  return nodes(graph, value)
}

/** A layer's weights as constants, in TensorFlow.js's order and shapes. */
const weightsOf = (graph: Graph, layer: layers.layers.Layer): readonly Value[] =>
  // Copies: what a backend returns may be a view of its memory.
  layer.getWeights().map((tensor) => graph.tensor(tensor.shape, Float32Array.from(tensor.dataSync())))
