import type { FieldSchema } from '../../pipeline/schema.ts'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { wrongAt } from '../problem.ts'
import { isObject, type Place, type RecordCheck } from '../record-check.ts'

/** A tensor of the Open Inference Protocol, as model metadata tell it; -1 is any size. */
export type Tensor = { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }

const numbers = 'FP64 FP32 FP16 INT64 INT32 INT16 INT8 UINT64 UINT32 UINT16 UINT8'.split(' ')

/**
 * The tensors that make records, a field each: strings BYTES, numbers FP64, whole numbers INT64, booleans BOOL; the first dimension counts the records, an
 * array's length is the second. A field that is an object is BYTES, its JSON text.
 */
export function inputTensors({ fields }: RecordCheck): readonly Tensor[] {
  return [...fields].map(([name, schema]) => {
    const { element, dimensions } = taken(schema)
    return { name, datatype: datatypeOf(element), shape: [-1, ...dimensions] }
  })
}

/**
 * The body of an inference request of the Open Inference Protocol V2 → its records. Data may be flat (row-major) or nested; any numeric datatype is taken
 * for a number, since JSON has one kind only. Throws Refusal 422. Source: https://github.com/kserve/open-inference-protocol, inference_rest.md.
 */
export function readTensors(body: unknown, records: RecordCheck, maxRecords: number): readonly TaskRecord[] {
  const inputs = isObject(body) ? body['inputs'] : undefined
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > records.fields.size)
    throw wrongAt(['inputs'], `must be an array of tensors: ${[...records.fields.keys()].join(', ')}`)
  const columns = new Map<string, Column>()
  for (const [index, input] of inputs.entries()) {
    const column = readColumn(input, index, records.fields, maxRecords)
    if (columns.has(column.name)) throw wrongAt(['inputs', index, 'name'], 'is there twice')
    columns.set(column.name, column)
  }
  const [first, ...others] = columns.values() as Iterable<Column> as [Column, ...Column[]]
  for (const { at, count } of others)
    if (count !== first.count)
      throw wrongAt([...at, 'shape', 0], `must be ${first.count}, as of ${first.name}: the number of records`)
  const made = Array.from({ length: first.count }, (_, index) =>
    Object.fromEntries([...columns].map(([name, { value }]) => [name, value(index)])),
  )
  return records.check(made, placeOf(columns))
}

/** The datatypes that a tensor may be sent with where its metadata say `datatype`. */
export const acceptedDatatypes = (datatype: string): readonly string[] =>
  datatype === 'FP64' || datatype === 'INT64' ? numbers : [datatype]

type Column = {
  readonly name: string
  readonly at: readonly (string | number)[]
  readonly count: number
  /** Elements of a record's value. */
  readonly size: number
  readonly flat: boolean
  readonly value: (record: number) => unknown
}

function readColumn(input: unknown, index: number, fields: RecordCheck['fields'], maxRecords: number): Column {
  const at = ['inputs', index]
  if (!isObject(input)) throw wrongAt(at, 'must be a tensor (an object)')
  const { name, datatype, shape, data, parameters } = input
  onlyKnown(input, ['name', 'datatype', 'shape', 'data', 'parameters'], at)
  const schema = typeof name === 'string' ? fields.get(name) : undefined
  if (typeof name !== 'string' || !schema)
    throw wrongAt([...at, 'name'], `must be a field of a record: ${[...fields.keys()].join(', ')}`)
  if (isObject(parameters) && Object.hasOwn(parameters, 'binary_data_size'))
    throw wrongAt(
      [...at, 'parameters'],
      'must not ask for binary data, which this server does not read; send JSON (binary_data=False)',
    )
  const { element, dimensions } = taken(schema)
  const wanted = datatypeOf(element)
  const known = wanted === 'FP64' || wanted === 'INT64' ? numbers : [wanted]
  if (typeof datatype !== 'string' || !known.includes(datatype)) throw wrongAt([...at, 'datatype'], `must be ${wanted}`)
  if (!isShape(shape, dimensions.length, maxRecords))
    throw wrongAt(
      [...at, 'shape'],
      `must be [${['records', ...dimensions].join(', ')}], with 1 to ${maxRecords} records`,
    )
  const [count = 0, ...rest] = shape
  const size = rest.reduce((product, length) => product * length, 1)
  // As deep as the shape says, and no deeper: what is left of an array fails at the record's schema.
  const flat = Array.isArray(data) ? data.flat(shape.length - 1) : []
  if (flat.length !== count * size)
    throw wrongAt([...at, 'data'], `must be an array of ${count * size} values, as its shape says`)
  const value = (record: number) => {
    if (dimensions.length > 0) return nested(flat, rest, record * size)
    return element.type === 'object' ? parsed(flat[record], [...at, 'data', record]) : flat[record]
  }
  return { name, at, count, size, flat: !Array.isArray((data as unknown[])[0]), value }
}

/** Refuses what an object of the protocol has beside its known keys, and parameters that are no object. */
export function onlyKnown(value: object, known: readonly string[], at: readonly (string | number)[]): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) throw wrongAt([...at, key], 'is not known here')
  if ('parameters' in value && !isObject(value.parameters)) throw wrongAt([...at, 'parameters'], 'must be an object')
}

/** Whether it is a shape of so many dimensions beside the records'; a column of single values may have one more, of length 1. */
function isShape(shape: unknown, dimensions: number, maxRecords: number): shape is readonly number[] {
  // Nothing times a billion is nothing: only a record's one dimension may be 0, or a small request could ask for a billion empty arrays.
  const least = (dimension: number) => (dimensions === 1 && dimension === 1 ? 0 : 1)
  if (!Array.isArray(shape) || !shape.every((length, at) => Number.isSafeInteger(length) && length >= least(at)))
    return false
  if (shape[0] > maxRecords) return false
  return shape.length === dimensions + 1 || (dimensions === 0 && shape.length === 2 && shape[1] === 1)
}

function nested(flat: readonly unknown[], [length = 0, ...rest]: readonly number[], from: number): unknown[] {
  if (rest.length === 0) return flat.slice(from, from + length)
  const step = rest.reduce((product, inner) => product * inner, 1)
  return Array.from({ length }, (_, index) => nested(flat, rest, from + index * step))
}

function parsed(text: unknown, at: readonly (string | number)[]): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    throw wrongAt(at, 'must be JSON text')
  }
}

const placeOf = (columns: ReadonlyMap<string, Column>): Place => ({
  name: (index) => `records.${index}`,
  path: (index, field, rest = []) => {
    const column = field === undefined ? undefined : columns.get(field)
    if (!column) return ['inputs']
    const at = [...column.at, 'data']
    if (!column.flat) return [...at, index, ...rest]
    return rest.length > 1 ? at : [...at, index * column.size + Number(rest[0] ?? 0)]
  },
})

/** What a field's tensor holds, and the lengths of its arrays: -1 where they vary. */
function taken(schema: FieldSchema): { readonly element: FieldSchema; readonly dimensions: readonly number[] } {
  if (schema.type !== 'array' || !schema.items) return { element: schema, dimensions: [] }
  const { element, dimensions } = taken(schema.items)
  const length = schema.minItems !== undefined && schema.minItems === schema.maxItems ? schema.minItems : -1
  return { element, dimensions: [length, ...dimensions] }
}

function datatypeOf({ type }: FieldSchema): string {
  if (type === 'number') return 'FP64'
  if (type === 'integer') return 'INT64'
  return type === 'boolean' ? 'BOOL' : 'BYTES'
}
