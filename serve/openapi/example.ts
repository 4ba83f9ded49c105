import type { FieldSchema } from '../../pipeline/schema.ts'
import type { Tensor } from '../protocols/tensors.ts'
import type { RecordCheck } from '../record-check.ts'

type Exemplary = FieldSchema & {
  readonly examples?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly properties?: Readonly<Record<string, FieldSchema>>
}

/** A record made of the examples in its schema; where it has none, of the least that the schema allows. Never a record that somebody sent or trained on. */
export function exampleRecord({ fields }: RecordCheck): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...fields].map(([name, schema]) => [name, exampleOf(schema)]))
}

function exampleOf(schema: Exemplary): unknown {
  if (schema.examples?.[0] !== undefined) return schema.examples[0]
  if (schema.enum) return schema.enum[0]
  if (schema.type === 'number' || schema.type === 'integer') return schema.minimum ?? 0
  if (schema.type === 'boolean') return false
  if (schema.type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}))
  if (schema.type === 'object')
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, exampleOf(field)]))
  return schema.format === 'date' ? '2026-01-31' : ''
}

/** One record as the tensors of an inference request. */
export function exampleTensors(
  record: Readonly<Record<string, unknown>>,
  tensors: readonly Tensor[],
): readonly object[] {
  return tensors.map(({ name, datatype, shape }) => {
    const value = record[name]
    const data = Array.isArray(value) ? value.flat(shape.length) : [isText(value) ? JSON.stringify(value) : value]
    return { name, datatype, shape: [1, ...sizes(value, shape.length - 1)], data }
  })
}

const isText = (value: unknown) => typeof value === 'object' && value !== null

function sizes(value: unknown, dimensions: number): readonly number[] {
  if (dimensions === 0 || !Array.isArray(value)) return []
  return [value.length, ...sizes(value[0], dimensions - 1)]
}
