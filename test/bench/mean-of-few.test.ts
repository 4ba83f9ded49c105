import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meanOfFew } from '../../bench/mean-of-few.ts'
import { normals } from '../evaluation/synthetic.ts'

test('the interval of the mean of eight values, and of two, holds the truth 95 times of 100', () => {
  for (const [count, seed] of [
    [8, 1],
    [2, 2],
  ] as const) {
    const next = normals(seed)
    const times = 4000
    let held = 0
    for (let time = 0; time < times; time++) {
      const { low, high } = meanOfFew(Array.from({ length: count }, () => 7 + 3 * next()))
      if (low <= 7 && 7 <= high) held++
    }
    // Three standard errors of a share of 4,000.
    assert.ok(Math.abs(held / times - 0.95) < 0.0104, `${count} values: ${held} of ${times}`)
  }
})

test('one value has a mean and no bounds', () => {
  assert.deepEqual(meanOfFew([3]), {
    estimate: 3,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    deviation: 0,
  })
})
