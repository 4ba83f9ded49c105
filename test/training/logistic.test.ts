import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../pipeline/random.ts'
import { predictLinear } from '../../pipeline/training/algorithms/linear.ts'
import { fitLogistic } from '../../pipeline/training/algorithms/logistic.ts'

const next = random(1)
const rows = Array.from({ length: 400 }, () => [next() * 10, next() < 0.3 ? 1 : 0, 7])
const probability = ([a = 0, b = 0]: readonly number[]) => 1 / (1 + Math.exp(-(0.5 * a - 3 + b)))
const targets = rows.map((row) => (next() < probability(row) ? 1 : 0))

test('the gradient of the penalised loss is zero where it is fitted', () => {
  const ridge = 0.01
  const linear = fitLogistic(rows, targets, ridge)
  const rest = rows.map((row, index) => (targets[index] as number) - 1 / (1 + Math.exp(-predictLinear(linear, row))))
  assert.ok(Math.abs(rest.reduce((sum, value) => sum + value, 0)) < 1e-3)
  for (const j of [0, 1]) {
    const values = rows.map((row) => row[j] as number)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const gradient = values.reduce((sum, value, index) => sum + (value - mean) * (rest[index] as number), 0)
    const penalty = ridge * values.reduce((sum, value) => sum + (value - mean) ** 2, 0) * (linear.weights[j] as number)
    assert.ok(Math.abs(gradient - penalty) < 1e-3 * Math.abs(penalty), `${gradient} ${penalty}`)
  }
  assert.ok(Math.abs(linear.weights[2] as number) < 1e-12, 'a constant column gets no weight')
})

test('classes that a feature separates, and only one class, end with finite weights that tell them apart', () => {
  const separated = rows.map(([a = 0]) => (a > 5 ? 1 : 0))
  const linear = fitLogistic(rows, separated, 1e-6)
  assert.ok(linear.weights.every(Number.isFinite))
  const wrong = rows.filter((row, index) => predictLinear(linear, row) > 0 !== (separated[index] === 1))
  assert.ok(wrong.length <= 2, String(wrong.length))
  const never = fitLogistic(
    rows,
    rows.map(() => 0),
    0.01,
  )
  assert.ok(predictLinear(never, rows[0] as number[]) < -4)
})

test('targets that are neither 0 nor 1, and features that are no numbers, are errors', () => {
  assert.throws(() => fitLogistic([[1], [2]], [0, 0.5], 0.1), /one of them 0\.5/)
  assert.throws(() => fitLogistic([], [], 0.1), /got 0 rows/)
  assert.throws(() => fitLogistic([[1], [Number.NaN]], [0, 1], 0.1), /not positive definite|not a finite number/)
})
