import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type TSchema, Type } from 'typebox'
import { literal, openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { rulesOf, type Source } from '../../pipeline/data/schema-sql.ts'
import { compile } from '../../pipeline/schema.ts'
import { repetitions } from '../repetitions.ts'

type Field = { readonly schema: TSchema; readonly column: string; readonly value: fc.Arbitrary<unknown> }

const limit = fc.constantFrom(-2.5, -1, 0, 0.1, 1, 3, 1e-7, 1e9)
const number = fc.oneof(limit, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -4, max: 4 }))
const limits = fc.record(
  { minimum: limit, maximum: limit, exclusiveMinimum: limit, exclusiveMaximum: limit },
  { requiredKeys: [] },
)
const word = fc.oneof(
  fc.constantFrom('a', 'ab', "b'c", 'A b', 'ü', '😀😀', '12', '-', 'abcdefgh', '"', 'x,y'),
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => !text.includes('\0')),
)
const date = fc.oneof(
  fc.constantFrom(
    '2024-02-29',
    '2023-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '2024-1-1',
    'today',
    '20240101',
    ' 2024-01-01',
  ),
  fc
    .date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10)),
)
const lengths = fc.record({ minLength: fc.nat(4), maxLength: fc.nat(4) }, { requiredKeys: [] })
const patterns = fc.constantFrom(
  {},
  { pattern: '^[a-z]+$' },
  { pattern: "b'c" },
  { pattern: '[0-9]' },
  { pattern: '^.{2}$' },
)

const fields: readonly fc.Arbitrary<Field>[] = [
  limits.map((options) => ({ schema: Type.Number(options), column: 'DOUBLE', value: number })),
  limits.map((options) => ({
    schema: Type.Integer(options),
    column: 'BIGINT',
    value: fc.integer({ min: -5, max: 5 }),
  })),
  fc.constant({ schema: Type.Boolean(), column: 'BOOLEAN', value: fc.boolean() }),
  fc.tuple(lengths, patterns).map(([some, more]) => ({
    schema: Type.String({ ...some, ...more }),
    column: 'VARCHAR',
    value: word,
  })),
  fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((allowed) => ({
    schema: Type.Enum(allowed, { type: 'string' }),
    column: 'VARCHAR',
    value: fc.oneof(fc.constantFrom(...allowed), word),
  })),
]
const onlyTyped: readonly fc.Arbitrary<Field>[] = [
  // What ingest makes of whole numbers may be a column of others.
  limits.map((options) => ({ schema: Type.Integer(options), column: 'DOUBLE', value: number })),
  fc
    .tuple(limits, fc.record({ minItems: fc.nat(3), maxItems: fc.nat(3) }, { requiredKeys: [] }))
    .map(([items, options]) => ({
      schema: Type.Array(Type.Number(items), options),
      column: 'DOUBLE[]',
      value: fc.array(number, { maxLength: 3 }),
    })),
  ...['DOUBLE[]', 'BIGINT[]'].map((column) =>
    fc.constant({
      schema: Type.Array(Type.Integer()),
      column,
      value: fc.array(column === 'BIGINT[]' ? fc.integer({ min: -4, max: 4 }) : number, { maxLength: 3 }),
    }),
  ),
]
const onlyText: readonly fc.Arbitrary<Field>[] = [
  fc.constant({ schema: Type.String({ format: 'date' }), column: 'VARCHAR', value: date }),
  // A column of a file may hold anything. Whole numbers of more than 18 digits are none for SQL: they do not fit its type.
  limits.map((options) => ({
    schema: Type.Integer(options),
    column: 'BIGINT',
    value: fc.oneof(limit, fc.double({ min: -1e15, max: 1e15, noNaN: true }), fc.integer({ min: -4, max: 4 }), word),
  })),
  limits.map((options) => ({ schema: Type.Number(options), column: 'DOUBLE', value: fc.oneof(number, word) })),
]

/** Tables: some fields, each perhaps optional, and records that may lack any of them. */
const tables = (kinds: readonly fc.Arbitrary<Field>[]) =>
  fc.array(fc.tuple(fc.oneof(...kinds), fc.boolean()), { minLength: 1, maxLength: 4 }).chain((chosen) => {
    const named = chosen.map(([field, optional], index) => ({ ...field, name: `f"${index}`, optional }))
    const record = fc.tuple(...named.map(({ value }) => fc.option(value, { freq: 12, nil: undefined })))
    return fc.record({ named: fc.constant(named), records: fc.array(record, { minLength: 1, maxLength: 12 }) })
  })

const cell = (value: unknown, source: Source): string => {
  if (value === undefined) return 'NULL'
  if (source === 'text' || typeof value === 'string') return literal(String(value))
  if (Array.isArray(value)) return `[${value.map((item) => `CAST('${item}' AS DOUBLE)`).join(', ')}]`
  return typeof value === 'number' ? `'${value}'` : String(value)
}

/** What ajv would be given: the value of a text cell is a number where the schema wants one and it reads as one. */
function asRecord(value: unknown, { schema }: Field): unknown {
  const { type } = schema as { type?: string }
  if (typeof value !== 'string' || (type !== 'number' && type !== 'integer')) return value
  return /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : value
}

for (const [source, kinds] of [
  ['typed', [...fields, ...onlyTyped]],
  ['text', [...fields, ...onlyText]],
] as const) {
  test(`generated schemas and records: SQL over a table of ${source} columns says of each row what ajv says of the record`, async () => {
    using database = await openDatabase('.')
    const { connection } = database
    await fc.assert(
      fc.asyncProperty(tables(kinds), async ({ named, records }) => {
        const schema = Type.Object(
          Object.fromEntries(
            named.map(({ name, schema, optional }) => [name, optional ? Type.Optional(schema) : schema]),
          ),
        )
        const columns = named.map(
          ({ name, column }) => `"${name.replace('"', '""')}" ${source === 'text' ? 'VARCHAR' : column}`,
        )
        await connection.run(`CREATE OR REPLACE TABLE t (n BIGINT, ${columns.join(', ')})`)
        const rows = records.map((record, n) => `(${[n, ...record.map((value) => cell(value, source))].join(', ')})`)
        await connection.run(`INSERT INTO t VALUES ${rows.join(', ')}`)
        const broken = rulesOf(schema, source).map(({ violation }) => `coalesce(${violation}, false)`)
        const found = await query(connection, `SELECT ${['false', ...broken].join(' OR ')} AS broken FROM t ORDER BY n`)
        const valid = compile(schema)
        const said = records.map((record) => {
          const entries = named.map((field, at) => [field.name, asRecord(record[at], field)] as const)
          return !valid(Object.fromEntries(entries.filter(([, value]) => value !== undefined)))
        })
        assert.deepEqual(
          found.map((row) => row['broken']),
          said,
        )
      }),
      { numRuns: repetitions(300), seed: 1 },
    )
  })
}
