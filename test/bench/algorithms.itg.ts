import assert from 'node:assert/strict'
import { test } from 'node:test'
import { algorithms } from '../../bench/algorithms/bench.ts'
import { algorithms as names } from '../../pipeline/algorithm.ts'
import floor from '../../pipeline/data/sample/floor.json' with { type: 'json' }

const first = (cell: unknown) => Number.parseFloat(String(cell))

test('each algorithm has a row for each window and one for all, measured against the floor of the very records', async () => {
  const { rows } = await algorithms.run({ quick: true, say: () => {} })
  assert.deepEqual(
    rows.map(({ algorithm, window }) => `${algorithm} ${window}`),
    names.flatMap((name) => [`${name} 2023-01-01 to 2023-12-31`, `${name} all`]),
  )
  for (const row of rows) {
    assert.ok(Math.abs(Number(row['floor']) - floor.noiseFloorMae) < 0.2, JSON.stringify(row))
    const [error, above] = [first(row['MAE, units (95 %)']), first(row['above it, %'])]
    assert.ok(Math.abs(100 * (error / Number(row['floor']) - 1) - above) < 1, JSON.stringify(row))
  }
  // Ridge needs no epochs: this is what it truly reaches.
  assert.ok(Math.abs(first(rows.find(({ algorithm }) => algorithm === 'ridge')?.['above it, %']) - 67) < 2)
})
