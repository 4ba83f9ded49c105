import type { layers } from '../tensorflow.ts'
import type { Graph, Value } from './graph.ts'

/** What a window that goes along one or two axes does; a number for each axis. */
export type Spatial = {
  readonly window: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Before each axis, then after each: as ONNX has them. */
  readonly pads: readonly number[]
}

/** Reads the window of a convolution or a pooling, whose padding follows from its input's size. Returns a sentence that says what is not expressed. */
export function spatialOf(layer: layers.layers.Layer): Spatial | string {
  const config = layer.getConfig()
  const sizes = [layer.input].flat()[0]?.shape.slice(1, -1) ?? []
  const padding = String(config['padding'])
  if (config['dataFormat'] === 'channelsFirst') return 'has its channels first'
  if (padding !== 'same' && padding !== 'valid') return `has the padding ${padding}`
  if (!sizes.every((size) => typeof size === 'number')) return 'has an input of no fixed size'
  const each = (name: string, otherwise: number) =>
    sizes.map((_, axis) => Number([config[name] ?? otherwise].flat()[axis] ?? [config[name] ?? otherwise].flat()[0]))
  const window = each(config['poolSize'] === undefined ? 'kernelSize' : 'poolSize', 1)
  const [strides, dilations] = [each('strides', 1), each('dilationRate', 1)]
  // As TensorFlow pads for `same`: as little as gives ⌈size / stride⌉ places, the odd one at the end (tensorflow/core/framework/kernel_shape_util.cc).
  const missing = sizes.map((size, axis) => {
    const [stride, reach] = [strides[axis] as number, (dilations[axis] as number) * ((window[axis] as number) - 1) + 1]
    return padding === 'valid' ? 0 : Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
  })
  const before = missing.map((all) => Math.floor(all / 2))
  return {
    window,
    strides,
    dilations,
    pads: [...before, ...missing.map((all, axis) => all - (before[axis] as number))],
  }
}

/** A convolution: TensorFlow.js keeps channels last, ONNX second. */
export function convolution(graph: Graph, layer: layers.layers.Layer, spatial: Spatial, value: Value): Value {
  const [kernel, bias] = layer.getWeights()
  if (!kernel) throw new Error(`${layer.name} has no kernel`)
  const axes = spatial.window.length
  const shape = [...kernel.shape.slice(axes).toReversed(), ...spatial.window]
  const weights = [graph.tensor(shape, filtersFirst(Float32Array.from(kernel.dataSync()), kernel.shape, axes))]
  if (bias) weights.push(graph.tensor(bias.shape, Float32Array.from(bias.dataSync())))
  const { window, ...attributes } = spatial
  return channelsSecond(graph, axes, value, (inner) =>
    graph.node('Conv', [inner, ...weights], { kernel_shape: window, ...attributes }),
  )
}

/** Pooling over a window; what is padded counts for nothing. */
export function pooling(graph: Graph, operator: string, { window, strides, pads }: Spatial, value: Value): Value {
  return channelsSecond(graph, window.length, value, (inner) =>
    graph.node(operator, [inner], { kernel_shape: window, strides, pads }),
  )
}

function channelsSecond(graph: Graph, axes: number, value: Value, inside: (value: Value) => Value): Value {
  const places = Array.from({ length: axes }, (_, axis) => axis + 1)
  const inner = graph.node('Transpose', [value], { perm: [0, axes + 1, ...places] })
  return graph.node('Transpose', [inside(inner)], { perm: [0, ...places.map((axis) => axis + 1), 1] })
}

/** [...window, inputs, filters] → [filters, inputs, ...window]. */
function filtersFirst(values: Float32Array, shape: readonly number[], axes: number): Float32Array {
  const [inputs, filters] = [shape[axes] as number, shape[axes + 1] as number]
  const places = values.length / inputs / filters
  return values.map((_, at) => {
    const [filter, input, place] = [Math.floor(at / places / inputs), Math.floor(at / places) % inputs, at % places]
    return values[(place * inputs + input) * filters + filter] as number
  })
}
