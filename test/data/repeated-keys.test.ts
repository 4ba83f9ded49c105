import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { copyRepeated } from '../../pipeline/data/repeated-keys.ts'
import type { Source } from '../../pipeline/data/schema-sql.ts'
import { repetitions } from '../repetitions.ts'

const file = (key: readonly string[]): RawFile => ({
  path: 'data/t.csv',
  schema: Type.Object({ date: Type.String({ format: 'date' }), shop: Type.String(), id: Type.Integer() }),
  key: [...key],
  time: 'date',
  series: ['shop'],
  gapDays: 3,
  tolerances: {},
})

const linesOf = async (connection: DuckDBConnection, select: string) =>
  (await query(connection, `${select} ORDER BY "#line"`)).map((row) => row['#line'])

/** The lines that are copied, and those of all rows whose key a grouping of the whole table finds more than once. */
async function both(connection: DuckDBConnection, key: readonly string[], source: Source) {
  const keys = key.join(', ')
  const count = await copyRepeated(connection, 't', 'repeated', file(key), source)
  const lines = count === 0 ? [] : await linesOf(connection, 'SELECT "#line" FROM repeated')
  assert.equal(lines.length, count)
  const grouped = `SELECT "#line" FROM t WHERE (${keys}) IN (SELECT (${keys}) FROM t GROUP BY ${keys} HAVING count(*) > 1)`
  return { lines, all: await linesOf(connection, grouped) }
}

const key = fc.record({
  date: fc.option(fc.constantFrom('2024-01-09', '2024-01-10', '2023-12-31'), { freq: 20 }),
  shop: fc.option(fc.constantFrom('a', 'B', 'ab', 'ä', '10', '9'), { freq: 20 }),
  id: fc.option(fc.integer({ min: 8, max: 103 }), { freq: 20 }),
})
type Key = { readonly [field in 'date' | 'shop' | 'id']: string | number | null }
const fields = ['date', 'shop', 'id'] as const

/** Keys in the order of their fields, with some rows anywhere after it; or in none. */
const arranged = fc
  .record({
    fields: fc.shuffledSubarray([...fields], { minLength: 1 }),
    keys: fc.array(key, { maxLength: 24 }),
    late: fc.array(key, { maxLength: 3 }),
    sorted: fc.boolean(),
  })
  .map(({ fields, keys, late, sorted }) => {
    const compared = (a: Key, b: Key) => {
      const field = fields.find((field) => a[field] !== b[field])
      return field === undefined ? 0 : (a[field] ?? '') < (b[field] ?? '') ? -1 : 1
    }
    return { fields, rows: [...(sorted ? keys.toSorted(compared) : keys), ...late] }
  })

for (const [source, columns] of [
  ['typed', 'date DATE, shop VARCHAR, id BIGINT'],
  ['text', 'date VARCHAR, shop VARCHAR, id VARCHAR'],
] as const) {
  test(`generated keys, sorted, nearly so, or not, some of them empty: the rows copied of ${source} columns are those of a grouping of all`, async () => {
    using database = await openDatabase('.')
    const { connection } = database
    const cell = (value: string | number | null) => (value === null ? 'NULL' : `'${value}'`)
    await fc.assert(
      fc.asyncProperty(arranged, fc.shuffledSubarray([...fields], { minLength: 1 }), async ({ rows }, key) => {
        await connection.run(`CREATE OR REPLACE TABLE t ("#line" BIGINT, ${columns})`)
        const values = rows.map((row, n) => `(${[n, ...fields.map((field) => cell(row[field]))].join(', ')})`)
        if (values.length > 0) await connection.run(`INSERT INTO t VALUES ${values.join(', ')}`)
        const { lines, all } = await both(connection, key, source)
        assert.deepEqual(lines, all)
      }),
      { numRuns: repetitions(150), seed: 1 },
    )
  })
}

/** 30,000 rows of 30 shops on 1,000 days, or as `order` says, and at their end the rows `late` of them once more. */
async function table(connection: DuckDBConnection, order: string, late: string, type: 'BIGINT' | 'VARCHAR') {
  await connection.run(`CREATE OR REPLACE TABLE t AS SELECT row_number() OVER () AS "#line", CAST(date AS DATE) AS date, shop, CAST(id AS ${type}) AS id FROM (
      SELECT * FROM (SELECT DATE '2020-01-01' + CAST(i // 30 AS INTEGER) AS date, 'shop ' || i % 30 AS shop, i AS id FROM range(30000) r(i) ORDER BY ${order})
      UNION ALL SELECT DATE '2020-01-01' + CAST(i // 30 AS INTEGER), 'shop ' || i % 30, i FROM range(30000) r(i) WHERE ${late})`)
}

for (const [what, order, key, type] of [
  ['one field, in its order', 'i', ['id'], 'BIGINT'],
  ['one field of text, in the order of its numbers', 'i', ['id'], 'VARCHAR'],
  ['one field, in no order', 'hash(i)', ['id'], 'BIGINT'],
  [
    'one field, in order but for the end',
    'CASE WHEN i < 15000 THEN i ELSE 30000 + hash(i) % 10000 END',
    ['id'],
    'BIGINT',
  ],
  ['two fields, in the order of both', 'date, shop', ['date', 'shop'], 'BIGINT'],
  ['two fields, in the order of the second', 'shop, date', ['date', 'shop'], 'BIGINT'],
  ['two fields, in the order of the first alone', 'date, hash(i)', ['date', 'shop'], 'BIGINT'],
] as const) {
  test(`a key of ${what}: rows that come again late are found with those that they repeat`, async () => {
    using database = await openDatabase('.')
    const { connection } = database
    const source = type === 'VARCHAR' ? 'text' : 'typed'
    for (const [late, times] of [
      ['i IN (7, 14999, 29999)', 3],
      ['false', 0],
      ['i % 3 = 0', 10_000],
    ] as const) {
      await table(connection, order, late, type)
      const { lines, all } = await both(connection, key, source)
      assert.equal(lines.length, 2 * times)
      assert.deepEqual(lines, all)
    }
  })
}

test('a table that rises throughout is not grouped, whichever field of its key comes first', async () => {
  using database = await openDatabase('.')
  const { connection } = database
  for (const [order, key, type] of [
    ['i', ['id'], 'BIGINT'],
    ['i', ['id'], 'VARCHAR'],
    ['shop, date', ['date', 'shop'], 'BIGINT'],
  ] as const) {
    await table(connection, order, 'false', type)
    assert.equal(await copyRepeated(connection, 't', 'none', file(key), type === 'VARCHAR' ? 'text' : 'typed'), 0)
    await assert.rejects(query(connection, 'SELECT * FROM none'), /does not exist/)
  }
})
