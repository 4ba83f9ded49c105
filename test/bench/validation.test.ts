// The measurement of speed works: what it measures means little for so few rows. `npm run bench -- validation` makes the figures that are cited.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validation } from '../../bench/validation/bench.ts'

test('Mergeline and DuckDB by hand each find the six rows that break a check', async () => {
  const { rows } = await validation.run({ quick: true, say: () => {} })
  assert.deepEqual(
    rows.map(({ who }) => who),
    ['Mergeline', 'DuckDB by hand'],
  )
})
