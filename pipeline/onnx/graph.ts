import { field, float, number } from './protobuf.ts'

/** The types of tensors that are used here, by ONNX's numbers for them. */
const types = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const
export type TensorType = keyof typeof types

export type Attributes = {
  readonly [name: string]: number | readonly number[] | string | { readonly float: number }
}
export type Values = Float32Array | Float64Array | BigInt64Array | readonly string[]

/** A value of the graph, by its name. */
export type Value = string

export type Output = { readonly name: string; readonly type: TensorType; readonly width: number }

/** An ONNX graph in the making: each call adds to it and returns the name of the new value. */
export type Graph = {
  /** What the caller gives: [n, width]; a width that is not fixed has a name. Throws where the name is taken. */
  readonly input: (name: string, type: TensorType, width: number | string) => Value
  /** A constant. */
  readonly tensor: (shape: readonly number[], values: Values) => Value
  /** One operator with one output. */
  readonly node: (operator: string, inputs: readonly Value[], attributes?: Attributes) => Value
  /** Texts [n, 1] → their parts between delimiters: [n, 1, parts]. */
  readonly split: (text: Value, delimiter: string) => Value
  readonly cast: (value: Value, to: TensorType) => Value
  /** The whole model as a file's bytes, with `value` as its only output: [n, width]. */
  readonly model: (value: Value, output: Output, metadata?: { readonly [key: string]: string }) => Buffer
}

// Operators as of ONNX 1.15: the first whose StringSplit and string Equal can read a date and a category.
const opset = 20
const irVersion = 9

/** Starts a graph. Source of all numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export function createGraph(): Graph {
  const [nodes, tensors, inputs]: [Buffer[], Buffer[], Buffer[]] = [[], [], []]
  const taken = new Set<string>()
  const fresh = (stem: string) => `${stem}/${nodes.length + tensors.length}`
  const node: Graph['node'] = (operator, from, attributes = {}) => {
    const name = fresh(operator)
    nodes.push(nodeOf(operator, from, [name], attributes))
    return name
  }
  return {
    input(name, type, width) {
      if (taken.has(name)) throw new Error(`two inputs are named ${name}`)
      taken.add(name)
      inputs.push(valueInfo(name, type, width))
      return name
    },
    tensor(shape, values) {
      const name = fresh('constant')
      tensors.push(tensorOf(name, shape, values))
      return name
    },
    node,
    split(text, delimiter) {
      const name = fresh('StringSplit')
      nodes.push(nodeOf('StringSplit', [text], [name, `${name}/count`], { delimiter }))
      return name
    },
    cast: (value, to) => node('Cast', [value], { to: types[to] }),
    model(value, { name, type, width }, metadata = {}) {
      const graph = [
        ...[...nodes, nodeOf('Identity', [value], [name], {})].map((bytes) => field(1, bytes)),
        field(2, 'mergeline'),
        ...tensors.map((bytes) => field(5, bytes)),
        ...inputs.map((bytes) => field(11, bytes)),
        field(12, valueInfo(name, type, width)),
      ]
      return Buffer.concat([
        number(1, irVersion),
        field(2, 'mergeline'),
        field(7, Buffer.concat(graph)),
        field(8, number(2, opset)),
        ...Object.entries(metadata).map(([key, text]) => field(14, Buffer.concat([field(1, key), field(2, text)]))),
      ])
    },
  }
}

function nodeOf(operator: string, inputs: readonly Value[], outputs: readonly Value[], attributes: Attributes): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      field(5, Buffer.concat([field(1, name), ...attribute(value)])),
    ),
  ])
}

/** An attribute's value, and the number of its type. */
function attribute(value: Attributes[string]): readonly Buffer[] {
  if (typeof value === 'number') return [number(3, value), number(20, 2)]
  if (typeof value === 'string') return [field(4, value), number(20, 3)]
  if ('float' in value) return [float(2, value.float), number(20, 1)]
  return [...value.map((one) => number(8, one)), number(20, 7)]
}

function tensorOf(name: string, shape: readonly number[], values: Values): Buffer {
  const [type, content] = contentOf(values)
  return Buffer.concat([...shape.map((size) => number(1, size)), number(2, types[type]), field(8, name), ...content])
}

// Every machine that Node 24 runs on is little-endian, as raw data are.
function contentOf(values: Values): readonly [TensorType, readonly Buffer[]] {
  if (!ArrayBuffer.isView(values)) return ['string', values.map((text) => field(6, text))]
  const raw = [field(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength))]
  if (values instanceof Float32Array) return ['float', raw]
  return [values instanceof Float64Array ? 'double' : 'int64', raw]
}

function valueInfo(name: string, type: TensorType, width: number | string): Buffer {
  const size = typeof width === 'number' ? number(1, width) : field(2, width)
  const shape = Buffer.concat([field(1, field(2, 'n')), field(1, size)])
  return Buffer.concat([field(1, name), field(2, field(1, Buffer.concat([number(1, types[type]), field(2, shape)])))])
}
