import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { rulesOf } from '../../pipeline/data/schema-sql.ts'
import { tableRules } from '../../pipeline/data/table-rules.ts'
import { compile } from '../../pipeline/schema.ts'
import { folderWith } from './folder.ts'

test('SQL and ajv agree on which records are valid', async () => {
  const schema = Type.Object({
    kind: Type.Enum(['a', "b'c"], { type: 'string' }),
    name: Type.String({ minLength: 2, maxLength: 4, pattern: '^[a-z"]+$' }),
    share: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    count: Type.Integer({ minimum: 1, maximum: 3 }),
    history: Type.Array(Type.Number({ minimum: 0, maximum: 9 }), { minItems: 2, maxItems: 2 }),
    note: Type.Optional(Type.String({ maxLength: 1 })),
  })
  const good = { kind: 'a', name: 'ab', share: 0.5, count: 2, history: [1, 2] }
  const records: { [field: string]: unknown }[] = [
    good,
    { ...good, kind: "b'c", note: 'x' },
    { ...good, kind: 'd' },
    { ...good, name: 'a' },
    { ...good, name: 'abcde' },
    { ...good, name: 'a1' },
    { ...good, share: 0 },
    { ...good, share: 1 },
    { ...good, count: 0 },
    { ...good, count: 4 },
    { ...good, history: [1] },
    { ...good, history: [1, 2, 3] },
    { ...good, history: [1, 10] },
    { ...good, history: [-1, 1] },
    { ...good, note: 'xy' },
  ]
  using folder = folderWith({ 'data/records.json': JSON.stringify(records) })
  using database = await openDatabase(`${folder.root}/data`)
  const broken = rulesOf(schema, 'typed').map(({ violation }) => `coalesce(${violation}, false)`)
  const text = `SELECT ${broken.join(' OR ')} AS broken FROM read_json('${folder.root.replaceAll("'", "''")}/data/records.json',
    columns = {kind: 'VARCHAR', name: 'VARCHAR', share: 'DOUBLE', count: 'BIGINT', history: 'DOUBLE[]', note: 'VARCHAR'})`
  const found = await query(database.connection, text)
  const valid = compile(schema)
  assert.deepEqual(
    found.map((row) => row['broken']),
    records.map((record) => !valid(record)),
  )
})

test('a keyword that SQL is not taught is an error, not passed over', () => {
  assert.throws(
    () => rulesOf(Type.Object({ size: Type.Number({ multipleOf: 2 }) }), 'text'),
    /size has multipleOf: 2, which cannot be checked/,
  )
  assert.throws(
    () => rulesOf(Type.Object({ mail: Type.String({ format: 'email' }) }), 'text'),
    /mail has format: "email"/,
  )
  assert.throws(() => rulesOf(Type.Object({ any: Type.Object({}) }), 'text'), /any has the type object/)
})

test('private fields are shown nowhere; names of columns stay names', async () => {
  const odd = `row"; DROP TABLE t; --`
  const schema = Type.Object({
    [odd]: Type.String({ format: 'date' }),
    customer: Type.String({ private: true }),
    income: Type.Number({ private: true, maximum: 10 }),
  })
  using database = await openDatabase('.')
  const { connection } = database
  await connection.run(`CREATE TABLE t AS SELECT * FROM (VALUES (2, '2024-01-01', 'Ann Secret', '777'), (3, '2024-01-01', 'Ann Secret', '778'),
    (4, '2024-01-01', 'Ann Secret', '777'), (5, '2024-02-01', 'Ann Secret', '')) AS t("#line", "${odd.replaceAll('"', '""')}", customer, income)`)
  const file = {
    path: 'data/t.csv',
    schema,
    key: [odd, 'customer'],
    time: odd,
    series: ['customer'],
    gapDays: 3,
    tolerances: {},
  }
  const values = rulesOf(schema, 'text').map(
    ({ violation, value }) => `SELECT "#line" AS row, ${value} AS value FROM t WHERE ${violation}`,
  )
  const told: string[] = []
  for (const select of [
    ...values,
    ...(await tableRules(connection, 't', file, 'text')).map((search) => search.select),
  ]) {
    told.push(...(await query(connection, select)).map(({ row, value }) => `${row} ${value}`))
  }
  assert.ok(told.length >= 6, told.join('\n'))
  assert.doesNotMatch(told.join('\n'), /Ann|77/)
  assert.match(told.join('\n'), /3 2024-01-01\|\(private\): unlike line 2: income \(private\), there \(private\)/)
})

test('the database reads data/ and nothing else', async () => {
  using folder = folderWith({ 'data/a.csv': 'x\n1\n', 'secret.csv': 'x\n1\n' })
  using database = await openDatabase(`${folder.root}/data`)
  const read = (path: string) =>
    query(database.connection, `SELECT * FROM read_csv('${`${folder.root}/${path}`.replaceAll("'", "''")}')`)
  assert.equal((await read('data/a.csv')).length, 1)
  await assert.rejects(read('secret.csv'), /Permission/)
  await assert.rejects(read('data/../secret.csv'), /Permission/)
  await assert.rejects(query(database.connection, 'SET enable_external_access = true'), /locked/)
  await assert.rejects(
    query(database.connection, `COPY (SELECT 1) TO '${folder.root.replaceAll("'", "''")}/x.csv'`),
    /Permission/,
  )
})
