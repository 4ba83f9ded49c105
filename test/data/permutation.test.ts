import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holm, permutationP } from '../../pipeline/data/permutation.ts'
import { normal } from '../../pipeline/data/sample/normal.ts'
import { random } from '../../pipeline/random.ts'
import { most, repetitions } from '../repetitions.ts'

const years = (newest: number, others: readonly number[]) => [newest, ...others].map((value) => [value])

test('the newest year beyond all others in each block: no label is as far, p is the least that there is', () => {
  const strata = Array.from({ length: 10 }, (_, at) => years(9 + at, [at, at + 1, at + 2, at + 1.5]))
  assert.equal(permutationP(strata, 999, random(1)), 1 / 1000)
})

test('the newest year in the middle: p is 1, at once', () => {
  const strata = Array.from({ length: 5 }, () => years(1, [0, 2]))
  assert.equal(permutationP(strata, 1e9, random(1)), 1)
})

test('sound years: p is at most 5 % in at most 5 % of the cases, whatever the distribution', () => {
  const count = repetitions(1000)
  const next = random(7)
  let found = 0
  for (let at = 0; at < count; at++) {
    const vector = () => [Math.exp(normal(next)), normal(next)]
    const strata = Array.from({ length: 6 }, () => Array.from({ length: 5 }, vector))
    if (permutationP(strata, 199, next) <= 0.05) found++
  }
  assert.ok(found <= most(0.05, count), `${found} of ${count}`)
  assert.ok(found > 0.02 * count, `${found} of ${count}: the test would find nothing`)
})

test("Holm's procedure steps down, and stops at the first that is not significant", () => {
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005], 0.05), [true, false, false, true])
  assert.deepEqual(holm([0.01, 0.02], 0.05), [true, true])
  assert.deepEqual(holm([0.03, 0.03], 0.05), [false, false])
  assert.deepEqual(holm([], 0.05), [])
})
