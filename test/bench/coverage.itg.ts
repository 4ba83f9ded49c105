import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coverage } from '../../bench/algorithms/coverage.ts'

const first = (cell: unknown) => Number.parseFloat(String(cell))

test('coverage is of every record of the test years, and noise that is carried over is seen in the errors', async () => {
  const { rows } = await coverage.run({ quick: true, say: () => {} })
  const ridge = rows.filter(({ algorithm }) => algorithm === 'ridge')
  assert.deepEqual(
    ridge.map((row) => row['noise carried over']),
    [0, 0.6, 0.9],
  )
  for (const row of rows) {
    assert.ok(Number(row['records']) > 5800, JSON.stringify(row))
    const within = first(row['within, % (95 %)'])
    assert.ok(within > 84 && within < 96, JSON.stringify(row))
  }
  const dayToDay = ridge.map((row) => Number(row['errors, day to day']))
  assert.ok((dayToDay[0] ?? 1) < (dayToDay[1] ?? 0) && (dayToDay[1] ?? 1) < (dayToDay[2] ?? 0), dayToDay.join(', '))
})
