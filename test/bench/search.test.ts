// The comparison of search methods, quickly: seeded, so these very figures come each time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searching } from '../../bench/search/bench.ts'

test('successive halving is no worse than random search at the same budget, but where the best learn slowest', async () => {
  const { rows, missed } = await searching.run({ quick: true, say: () => {} })
  assert.deepEqual(missed, [])
  const ratios = rows.map((row) => Number.parseFloat(String(row['ratio (geometric mean, 95 %)'])))
  assert.equal(ratios.length, 4)
  assert.ok(
    ratios.slice(1, 3).every((ratio) => ratio < 0.8),
    'clearly better where points learn alike',
  )
  assert.ok((ratios[3] ?? 0) > 1, 'the comparison can fail')
})
