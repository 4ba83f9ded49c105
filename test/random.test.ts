import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random, shuffled } from '../pipeline/random.ts'

test('the same seed gives the same numbers, another seed others', () => {
  const five = (seed: number) => {
    const next = random(seed)
    return Array.from({ length: 5 }, next)
  }
  assert.deepEqual(five(1), five(1))
  assert.notDeepEqual(five(1), five(2))
  // Written down once: a change here would change every fingerprint's meaning without changing it.
  assert.deepEqual(
    five(1).map((value) => value.toFixed(6)),
    ['0.782273', '0.275327', '0.993693', '0.713277', '0.012132'],
  )
})

test('the numbers are uniform: 100 bins of 100,000 draws, chi-squared within the 99.9 % range', () => {
  const next = random(7)
  const bins = new Array(100).fill(0)
  for (let i = 0; i < 100_000; i++) bins[Math.floor(next() * 100)]++
  const chi = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
  assert.ok(chi > 60 && chi < 149, `${chi}`)
})

test('a shuffle holds every number once, and every number comes to every place', () => {
  const next = random(3)
  const first = new Array(5).fill(0)
  for (let i = 0; i < 5000; i++) {
    const order = shuffled(5, next)
    assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4])
    first[order[0] as number]++
  }
  for (const count of first) assert.ok(Math.abs(count - 1000) < 150, `${first}`)
})
