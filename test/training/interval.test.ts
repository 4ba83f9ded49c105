import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normal } from '../../pipeline/data/sample/normal.ts'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import { random } from '../../pipeline/random.ts'
import { target } from '../../pipeline/task/record.ts'
import { calibrate } from '../../pipeline/training/interval.ts'

/** Eight series of days whose errors, on the scale of logarithms, hang together from day to day by `memory`. */
function days(count: number, memory: number, seed: number) {
  const next = random(seed)
  const state = Array.from({ length: 8 }, () => normal(next))
  const [actual, predicted]: [number[], number[]] = [[], []]
  for (let day = 0; day < count; day++)
    state.forEach((before, series) => {
      state[series] = memory * before + Math.sqrt(1 - memory ** 2) * normal(next)
      const said = 50 + 400 * next()
      predicted.push(said)
      // Lopsided: what happens is more often far below than far above.
      const error = 0.15 * (state[series] as number) - 0.05 * (state[series] as number) ** 2
      actual.push(Math.max(0, Math.expm1(Math.log1p(said) + error)))
    })
  return { actual, predicted }
}

for (const memory of [0, 0.7]) {
  test(`90 % intervals hold 88 to 92 % of 10,000 records after them, with an autocorrelation of ${memory}`, (t) => {
    const interval = calibrate(days(365, memory, 1), 0.9)
    assert.ok(interval && interval.records === 2920)
    const { actual, predicted } = days(1250, memory, 2)
    const held = actual.filter((value, index) => {
      const { low, high } = boundsOf(interval, predicted[index] as number)
      return low <= value && value <= high
    })
    const coverage = held.length / actual.length
    t.diagnostic(`${(100 * coverage).toFixed(2)} % of ${actual.length}`)
    assert.ok(coverage >= 0.88 && coverage <= 0.92, String(coverage))
  })
}

test('too few records have no interval; bounds stay within those of the target', () => {
  const few = { actual: Array.from({ length: 18 }, (_, index) => index), predicted: new Array<number>(18).fill(9) }
  assert.equal(calibrate(few, 0.9), undefined)
  const wide = { coverage: 0.9, below: -99, above: 99, records: 100 }
  assert.deepEqual(boundsOf(wide, 10), { low: target.minimum, high: target.maximum, coverage: 0.9 })
})
