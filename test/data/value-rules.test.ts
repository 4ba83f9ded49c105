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
