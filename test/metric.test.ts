import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../pipeline/evaluation/gate.ts'
import { absoluteError, brierScore, logLoss, type Metric, meanOf } from '../pipeline/metric.ts'
import { random } from '../pipeline/random.ts'
import { toMarkdown } from '../pipeline/report/report.ts'
import { policy } from './evaluation/synthetic.ts'

const pairs = [
  { actual: 1, prediction: 0.5 },
  { actual: 0, prediction: 0.25 },
]

test('metrics are what they are defined as', () => {
  assert.equal(meanOf(absoluteError('units').of, pairs), 0.375)
  assert.equal(meanOf(brierScore.of, pairs), (0.25 + 0.0625) / 2)
  assert.ok(Math.abs(meanOf(logLoss.of, pairs) - (Math.LN2 - Math.log(0.75)) / 2) < 1e-12)
  assert.ok(Math.abs(logLoss.of({ actual: 0, prediction: 1 }) - 15 * Math.LN10) < 0.1)
  assert.ok(logLoss.of({ actual: 1, prediction: 1 }) < 1e-14)
  assert.equal(meanOf(brierScore.of, []), Number.NaN)
})

/** A year of days with four records of two classes each; a model knows the probability of each but for an error of size `off`. */
function classes(off: number, seed: number) {
  const [world, own] = [random(1), random(seed)]
  return Array.from({ length: 4 * 365 }, (_, index) => {
    const probability = 0.05 + 0.9 * world()
    return {
      key: `${index}`,
      time: new Date(Date.UTC(2023, 0, 1 + Math.floor(index / 4))).toISOString().slice(0, 10),
      actual: world() < probability ? 1 : 0,
      prediction: Math.min(0.99, Math.max(0.01, probability + off * (own() - 0.5))),
      slices: { place: `${index % 4}` },
    }
  })
}

for (const metric of [brierScore, logLoss] as readonly Metric[]) {
  test(`the gate judges classes by ${metric.name}, and the report says so`, () => {
    const judged = (off: number) =>
      judge(
        {
          candidate: { digest: 'a', records: classes(off, 2) },
          champion: { digest: 'b', records: classes(0.1, 3) },
          baselines: [],
          unit: 'class',
          metric,
        },
        policy,
      )
    const [good, bad] = [judged(0), judged(1.2)]
    assert.equal(good.result, 'pass', good.reasons.join('\n'))
    assert.equal(bad.result, 'fail', bad.reasons.join('\n'))
    assert.ok(Math.abs((good.scored[0]?.error.estimate ?? 0) - meanOf(metric.of, classes(0, 2))) < 1e-12)
    const text = toMarkdown({ title: 'T', gate: bad, next: [] })
    assert.match(text, new RegExp(`Gate failed: ${metric.name} 0\\.\\d+${metric.unit ? ` ${metric.unit}` : ''}, `))
    assert.match(text, new RegExp(`\\| model \\| ${metric.name} \\|`))
    assert.doesNotMatch(text, /MAE|undefined| {2}is|, \(/)
  })
}
