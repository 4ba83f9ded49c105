import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../pipeline/random.ts'
import { solve } from '../../pipeline/training/algorithms/cholesky.ts'
import { fitLinear, predictLinear } from '../../pipeline/training/algorithms/linear.ts'

test('solves a system of equations', () => {
  const x = solve(
    Float64Array.from([4, 0, 0, 2, 5, 0, 1, 3, 6]),
    Float64Array.from([4 + 4 + 3, 2 + 10 + 9, 1 + 6 + 18]),
  )
  assert.deepEqual(
    Array.from(x, (value) => Math.round(value * 1e9) / 1e9),
    [1, 2, 3],
  )
  assert.throws(
    () => solve(Float64Array.from([1, 0, 2, 1]), Float64Array.from([1, 1])),
    /not positive definite in row 2 of 2/,
  )
})

test('finds the line that made the data, also with one-hot and constant columns', () => {
  const next = random(1)
  const rows = Array.from({ length: 500 }, (_, index) =>
    Float32Array.from([next(), next() * 1000, index % 2, 1 - (index % 2), 7]),
  )
  const truth = (row: ArrayLike<number>) =>
    5 + 3 * (row[0] as number) - 0.2 * (row[1] as number) + 40 * (row[2] as number)
  const linear = fitLinear(rows, rows.map(truth))
  const worst = Math.max(...rows.map((row) => Math.abs(predictLinear(linear, row) - truth(row))))
  assert.ok(worst < 1e-3, `off by ${worst}`)
})

test('only constant columns leave the mean', () => {
  const linear = fitLinear([[1], [1], [1]], [1, 2, 6])
  assert.equal(predictLinear(linear, [1]), 3)
})

test('how long 12,000 rows of 60 columns take', (t) => {
  const next = random(1)
  const rows = Array.from({ length: 12_000 }, () => Float32Array.from({ length: 60 }, () => next() - 0.5))
  const started = performance.now()
  const linear = fitLinear(
    rows,
    rows.map((row) => row[0] as number),
  )
  t.diagnostic(`${(performance.now() - started).toFixed(0)} ms`)
  assert.ok(Math.abs(predictLinear(linear, rows[5] as Float32Array) - (rows[5]?.[0] as number)) < 1e-3)
})

test('rows and targets that do not fit, and values that are no numbers, are errors', () => {
  assert.throws(() => fitLinear([], []), /got 0 rows, 0 targets/)
  assert.throws(() => fitLinear([[1]], [1, 2]), /got 1 rows, 2 targets/)
  assert.throws(() => fitLinear([[1], [2]], [1, Number.NaN]), /not a finite number/)
  assert.throws(() => fitLinear([[1], [Number.NaN]], [1, 2]), /not positive definite|not a finite number/)
})
