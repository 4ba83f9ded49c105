import type { Network, Step } from '../../pipeline/predicting/network.ts'

type Dense = Extract<Step, { kind: 'dense' }>

/** The dense layers of a network; rectifiers lie between them in the networks of this repository. */
export const denseOf = ({ steps }: Network): readonly Dense[] => steps.filter((step) => step.kind === 'dense')

/**
 * A chain of dense layers with rectifiers between them as an ONNX model: `rows` [n, inputs] → `output` [n, 1], on the link's scale.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function onnxOf(network: Network): Buffer {
  const layers = denseOf(network)
  const parts: Buffer[] = []
  layers.forEach(({ inputs, units, kernel, bias }, at) => {
    const last = at === layers.length - 1
    const from = at === 0 ? 'rows' : `active${at - 1}`
    const sum = last ? 'output' : `sum${at}`
    parts.push(field(1, node('Gemm', [from, `kernel${at}`, `bias${at}`], sum)))
    if (!last) parts.push(field(1, node('Relu', [sum], `active${at}`)))
    parts.push(field(5, tensor(`kernel${at}`, [inputs, units], kernel)), field(5, tensor(`bias${at}`, [units], bias)))
  })
  const graph = Buffer.concat([
    ...parts,
    field(2, Buffer.from('perceptron')),
    field(11, value('rows', network.inputs)),
    field(12, value('output', 1)),
  ])
  return Buffer.concat([number(1, 8), field(7, graph), field(8, number(2, 13))])
}

const node = (operator: string, inputs: readonly string[], output: string) =>
  Buffer.concat([
    ...inputs.map((name) => field(1, Buffer.from(name))),
    field(2, Buffer.from(output)),
    field(4, Buffer.from(operator)),
  ])

const float = 1
const tensor = (name: string, shape: readonly number[], values: Float32Array) =>
  Buffer.concat([
    ...shape.map((size) => number(1, size)),
    number(2, float),
    field(8, Buffer.from(name)),
    field(9, Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  ])

function value(name: string, width: number): Buffer {
  const shape = Buffer.concat([field(1, field(2, Buffer.from('n'))), field(1, number(1, width))])
  return Buffer.concat([
    field(1, Buffer.from(name)),
    field(2, field(1, Buffer.concat([number(1, float), field(2, shape)]))),
  ])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

const number = (at: number, value: number) => Buffer.concat([varint(at << 3), varint(value)])
const field = (at: number, bytes: Buffer) => Buffer.concat([varint((at << 3) | 2), varint(bytes.length), bytes])
