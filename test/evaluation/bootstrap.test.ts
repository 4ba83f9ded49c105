import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockBootstrap, pairedBlockBootstrap } from '../../pipeline/evaluation/bootstrap.ts'
import { autoregressive, normals } from './synthetic.ts'

const options = { blockDays: 7, resamples: 2000, confidence: 0.95, seed: 1 }

test('the same seed gives the same interval, another seed a slightly different one', () => {
  const differences = autoregressive(365, 0.5, normals(3))
  const interval = pairedBlockBootstrap(differences, options)
  assert.deepEqual(pairedBlockBootstrap(differences, options), interval)
  const other = pairedBlockBootstrap(differences, { ...options, seed: 2 })
  assert.notDeepEqual(other, interval)
  assert.ok(Math.abs(other.low - interval.low) < 0.05)
})

test('the estimate is the plain mean, and every day is drawn equally often', () => {
  const differences = [5, ...Array.from({ length: 99 }, () => 0)]
  assert.equal(pairedBlockBootstrap(differences, options).estimate, 0.05)
  const sizes: number[] = []
  blockBootstrap([Float64Array.from(differences)], ([sum]) => sizes.push(sum as number), options)
  const mean = sizes.slice(1).reduce((sum, size) => sum + size, 0) / options.resamples
  assert.ok(Math.abs(mean - 5) < 0.25, `the first day was drawn ${mean / 5} times a resample`)
})

test('a resample has as many days as there are, also when blocks do not divide them', () => {
  const interval = blockBootstrap([new Float64Array(23).fill(1)], ([sum]) => sum as number, options)
  assert.deepEqual(interval, { estimate: 23, low: 23, high: 23 })
})

test('resamples without a statistic are left out', () => {
  const records = new Float64Array(70)
  records.fill(1, 0, 7)
  const interval = blockBootstrap([records, records], ([sum, count]) => (sum as number) / (count as number), options)
  assert.deepEqual(interval, { estimate: 1, low: 1, high: 1 })
})

test('how long 2,000 resamples of 365 days take', (t) => {
  const columns = Array.from({ length: 2 }, (_, salt) => Float64Array.from(autoregressive(365, 0.5, normals(salt))))
  const started = performance.now()
  for (let i = 0; i < 10; i++) blockBootstrap(columns, ([a, b]) => (a as number) - (b as number), options)
  const each = (performance.now() - started) / 10
  t.diagnostic(`${each.toFixed(1)} ms each`)
})

// Percentile intervals of autocorrelated days are known to be a little narrow: a block of 7 days cuts what reaches beyond it, and few blocks vary
// too little. 95 % is the name, about 93 % what a year with a correlation of 0.5 from day to day gets; the gate asks for at least 10 blocks.
for (const [days, correlation, least, most] of [
  [365, 0, 0.91, 0.98],
  [365, 0.5, 0.89, 0.97],
  [365, 0.8, 0.82, 0.94],
  [70, 0.5, 0.8, 0.95],
] as const) {
  test(`coverage of the 95 % interval, ${days} days, correlation ${correlation}`, (t) => {
    const rounds = 400
    let covered = 0
    for (let round = 0; round < rounds; round++) {
      const differences = autoregressive(days, correlation, normals(10_000 + round))
      const { low, high } = pairedBlockBootstrap(differences, { ...options, resamples: 400, seed: round })
      if (low <= 0 && high >= 0) covered++
    }
    t.diagnostic(`covered ${((100 * covered) / rounds).toFixed(1)} % of ${rounds} worlds`)
    assert.ok(covered / rounds >= least && covered / rounds <= most, `covered ${covered} of ${rounds}`)
  })
}
