import type { TaskRecord } from '../../pipeline/task/record.ts'
import { Refusal, wrongAt } from '../problem.ts'
import { isObject, type RecordCheck } from '../record-check.ts'
import { counted, listed } from './records.ts'

const formats = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const
const places = {
  dataframe_records: listed('dataframe_records'),
  instances: listed('instances'),
  inputs: listed('inputs'),
}

/**
 * The body of MLflow's scoring protocol → its records. `dataframe_split` is `{columns, data, index?}`, `dataframe_records` and `instances` are records,
 * `inputs` is records or columns (`{field: [value of record 0, …]}`); arrays are values like any other. Throws Refusal 422.
 * Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
 */
export function readInvocations(body: unknown, records: RecordCheck, maxRecords: number): readonly TaskRecord[] {
  const given = isObject(body) ? formats.filter((format) => Object.hasOwn(body, format)) : []
  const [format] = given
  if (!isObject(body) || format === undefined || given.length > 1)
    throw wrongAt([], `must be an object with exactly one of ${formats.join(', ')}`)
  for (const key of Object.keys(body)) {
    if (key === format || (key === 'params' && isEmpty(body[key]))) continue
    throw wrongAt([key], key === 'params' ? 'must be empty: this model has none' : `is not known beside ${format}`)
  }
  const value = body[format]
  if (format === 'dataframe_split') return readSplit(value, records, maxRecords)
  if (format === 'inputs' && isObject(value)) return readColumns(value, records, maxRecords)
  return records.check(counted(value, [format], maxRecords), places[format])
}

function readSplit(value: unknown, { fields, check }: RecordCheck, maxRecords: number): readonly TaskRecord[] {
  const at = 'dataframe_split'
  if (!isObject(value)) throw wrongAt([at], 'must be an object with columns and data')
  for (const key of Object.keys(value))
    if (key !== 'columns' && key !== 'data' && key !== 'index')
      throw wrongAt([at, key], 'is not known; columns, data and index are')
  const { columns, index } = value
  if (index !== undefined && !Array.isArray(index)) throw wrongAt([at, 'index'], 'must be an array')
  if (!Array.isArray(columns)) throw wrongAt([at, 'columns'], 'must be an array of names')
  const names = columns.map((name, column) => {
    if (typeof name !== 'string' || !fields.has(name)) throw wrongAt([at, 'columns', column], notAField(fields))
    if (columns.indexOf(name) !== column) throw wrongAt([at, 'columns', column], 'is there twice')
    return name
  })
  const rows = counted(value['data'], [at, 'data'], maxRecords)
  const made = rows.map((row, index) => {
    if (!Array.isArray(row) || row.length !== names.length)
      throw wrongAt([at, 'data', index], `must be an array of ${names.length} values, one per column`)
    return Object.fromEntries(names.map((name, column) => [name, row[column]]))
  })
  return check(made, {
    name: (index) => `records.${index}`,
    path: (index, field, rest = []) => {
      const column = field === undefined ? -1 : names.indexOf(field)
      return column === -1 ? [at, 'data', index] : [at, 'data', index, column, ...rest]
    },
  })
}

function readColumns(
  columns: Record<string, unknown>,
  { fields, check }: RecordCheck,
  maxRecords: number,
): readonly TaskRecord[] {
  const names = Object.keys(columns)
  for (const name of names) if (!fields.has(name)) throw wrongAt(['inputs', name], notAField(fields))
  const [first] = names
  if (first === undefined) throw new Refusal(422, 'inputs must have a column for each field')
  const { length } = counted(columns[first], ['inputs', first], maxRecords)
  const values = names.map((name) => {
    const column = columns[name]
    if (Array.isArray(column) && column.length === length) return [name, column] as const
    throw wrongAt(['inputs', name], `must be an array of ${length} values, as ${first} is`)
  })
  const made = Array.from({ length }, (_, index) =>
    Object.fromEntries(values.map(([name, column]) => [name, column[index]])),
  )
  return check(made, {
    name: (index) => `records.${index}`,
    path: (index, field, rest = []) =>
      field !== undefined && Object.hasOwn(columns, field) ? ['inputs', field, index, ...rest] : ['inputs'],
  })
}

const notAField = (fields: RecordCheck['fields']) => `must be a field of a record: ${[...fields.keys()].join(', ')}`

const isEmpty = (value: unknown) => value === null || (isObject(value) && Object.keys(value).length === 0)
