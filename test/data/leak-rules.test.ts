import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { find } from '../../pipeline/data/findings.ts'
import { leakRules } from '../../pipeline/data/leak-rules.ts'

test('a number that tells the target, by a line or a curve, is found; one that forecasts it well is not', async () => {
  using database = await openDatabase('.')
  const { connection } = database
  await connection.run(`CREATE TABLE records AS SELECT i + 1 AS "#line", y AS sold, y * 1.19 AS revenue, sin(y / 700) AS curve, y + 20 * (((i * 7919) % 101) / 50 - 1) AS forecast,
      [y / 2, 7] AS early, [7, y / 2] AS late, i % 7 AS weekday, 'x' AS shop
    FROM (SELECT range AS i, CAST((range * 104729) % 1009 AS DOUBLE) AS y FROM range(2000))`)
  const list = Type.Array(Type.Number())
  const schema = Type.Object({
    revenue: Type.Number(),
    curve: Type.Number(),
    forecast: Type.Number({ private: true }),
    early: list,
    late: list,
    weekday: Type.Integer(),
    shop: Type.String(),
  })
  const found = await find(connection, leakRules('records', 'data/t.csv', schema, 'sold'), 5)
  assert.deepEqual(
    found.map(({ rule, field, severity, count }) => [rule, field, severity, count]),
    ['revenue', 'curve', 'late'].map((field) => ['record: leak', field, 'error', 1]),
  )
  assert.match(found[0]?.shown[0]?.value ?? '', /^(100\.0|99\.99\d*) % of its variance$/)
  await connection.run('INSERT INTO records ("#line", sold, weekday) VALUES (2001, 1e200, 3)')
  const again = await find(connection, leakRules('records', 'data/t.csv', schema, 'sold'), 5)
  assert.deepEqual(again, found, 'a target whose square is no number is no target')
  assert.equal(found[2]?.what.startsWith('the last of late alone tells sold'), true)
})
