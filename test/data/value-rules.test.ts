import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Type } from 'typebox'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { checkValues } from '../../pipeline/data/value-rules.ts'
import { folderWith } from './folder.ts'

test('long values that break many rules are shown by their beginnings, and not kept for each rule', async () => {
  using folder = folderWith({})
  using database = await openDatabase('.', [], { memory: '150MB', spill: join(folder.root, 'x', 'spill') })
  const { connection } = database
  await connection.run(
    `CREATE VIEW t AS SELECT i AS "#line", i || repeat('long', 100000) AS text FROM range(1, 101) t(i)`,
  )
  const rules = { maxLength: 9, pattern: '^x', enum: ['a'], const: 'b', minLength: 1e9 }
  const found = await checkValues(
    connection,
    {
      table: 't',
      schema: Type.Object({ text: Type.String(rules) }),
      source: 'typed',
      at: { file: 'data/t.parquet', prefix: '', cure: 'mend it' },
    },
    100,
  )
  assert.deepEqual(
    found.map(({ rule, count, shown }) => [rule, count, shown.length, shown[99]?.value]),
    Object.keys(rules).map((rule) => [rule, 100, 100, `100${'long'.repeat(19)}…`]),
  )
})

test('each rule counts its own rows and shows the first of them, in the order of the schema; a row may break many, and what is empty and may be breaks none', async () => {
  using database = await openDatabase('.')
  const { connection } = database
  await connection.run(
    `CREATE TABLE t AS SELECT 10 - i AS "#line", * FROM (VALUES (0, 1.5, 'x'), (1, 9, 'abc'), (2, NULL, NULL), (3, -1, 'ab'), (4, 9.5, 'toolong'), (5, 3, 'y')) t(i, size, name)`,
  )
  const found = await checkValues(
    connection,
    {
      table: 't',
      schema: Type.Object({
        size: Type.Integer({ minimum: 0, maximum: 8 }),
        name: Type.Optional(Type.String({ maxLength: 3, pattern: '^[a-z]*$', minLength: 2 })),
      }),
      source: 'typed',
      at: { file: 'data/t.parquet', prefix: 'record: ', cure: 'mend it' },
    },
    2,
  )
  assert.deepEqual(
    found.map(({ rule, field, count, shown }) => [
      rule,
      field,
      count,
      shown.map(({ row, value }) => `${row} ${value}`),
    ]),
    [
      ['record: required', 'size', 1, ['8 ']],
      ['record: type', 'size', 2, ['6 9.5', '10 1.5']],
      ['record: minimum', 'size', 1, ['7 -1.0']],
      ['record: maximum', 'size', 2, ['6 9.5', '9 9.0']],
      ['record: maxLength', 'name', 1, ['6 toolong']],
      ['record: minLength', 'name', 2, ['5 y', '10 x']],
    ],
  )
})
