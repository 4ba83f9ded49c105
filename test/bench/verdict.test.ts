// The verdict's measurements, quickly: seeded, so these very figures come each time. `npm run bench -- verdict` makes those that are cited.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdict } from '../../bench/verdict/bench.ts'
import { ninetyFifth, upperBound } from '../../bench/verdict/figures.ts'
import { differs, threshold } from '../../bench/verdict/peers.ts'
import { binShares } from '../../bench/verdict/traffic.ts'

test('the quick measurement misses no goal, and says what it measured', async () => {
  const { rows, missed } = await verdict.run({ quick: true, say: () => {} })
  assert.deepEqual(missed, [])
  const whats = rows.map(({ what }) => String(what))
  for (const part of [/^A\/A, 1 requests a window/, /^total failure, at 5 %/, /^shadow: 10 %/, /^promoted at 10 %/])
    assert.ok(
      whats.some((what) => part.test(what)),
      String(part),
    )
  const inputs = whats.find((what) => what.includes('generated inputs')) ?? ''
  assert.match(inputs, /of 4,000 generated inputs \([\d,]+ broken, [1-9][\d,]* promoted\)$/)
})

test('the figures that it reports are right: percentile, exact bound, shares of bins', () => {
  assert.equal(ninetyFifth(Array.from({ length: 100 }, (_, i) => i + 1)), 95)
  assert.equal(ninetyFifth([...Array(94).fill(1), ...Array(6).fill(Infinity)]), Infinity)
  // Clopper & Pearson: 0 of n has the upper bound 1 − 0.05^(1/n).
  assert.ok(Math.abs(upperBound(0, 100) - (1 - 0.05 ** 0.01)) < 1e-9)
  assert.ok(Math.abs(upperBound(60, 10_000) - 0.00745) < 5e-5)
  const shares = binShares(0)
  assert.ok(shares.every((share) => Math.abs(share - 0.05) < 5e-4))
  assert.ok(Math.abs(binShares(0.5).reduce((sum, share) => sum + share, 0) - 1) < 1e-6)
})

test('the peers decide as they say', () => {
  const event = { n: 1, at: 1, arm: 'canary', weight: 0.1, status: 200, ms: 5, bin: 3, out: 0 } as const
  const rule = threshold('errors', 0.95, 20)
  for (let i = 0; i < 18; i++) rule.observe(event)
  for (let i = 0; i < 2; i++) rule.observe({ ...event, status: 500 })
  assert.equal(rule.back(), true)
  // Figures 1 … 20 against the same moved by 10: the interval is far above 0; against itself it is not.
  const series = Array.from({ length: 20 }, (_, i) => i)
  const moved = series.map((x) => x + 10)
  assert.deepEqual([differs(moved, series, false), differs(series, series, true)], [true, false])
  assert.deepEqual([differs(series, moved, false), differs(series, moved, true)], [false, true])
})
