import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refit } from '../../bench/algorithms/refit.ts'

test('what ships after a refit is scored on a year that neither it nor the judged model has seen', async () => {
  const { rows } = await refit.run({ quick: true, say: () => {} })
  assert.deepEqual(
    rows.map(({ algorithm }) => algorithm),
    ['perceptron', 'ridge'],
  )
  const ridge = rows[1] ?? {}
  const [none, all] = [Number(ridge['error, none']), Number(ridge['error, all'])]
  assert.ok(none > 30 && all > 30, 'in units: one that had seen the records, or none, would tell otherwise')
  // Of one year and of three: a linear model of the same form gains, and by no wonder.
  const more = Number.parseFloat(String(ridge['all against none, % (95 %)']))
  assert.ok(more < 0 && more > -50, JSON.stringify(ridge))
  assert.ok(Math.abs(100 * (all / none - 1) - more) < 3, JSON.stringify(ridge))
})
