import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bias, mae, rmse } from '../../pipeline/evaluation/metrics.ts'

const pairs = [
  { actual: 10, prediction: 13 },
  { actual: 10, prediction: 6 },
]

test('metrics are what they are defined as', () => {
  assert.equal(mae(pairs), 3.5)
  assert.equal(rmse(pairs), Math.sqrt((9 + 16) / 2))
  assert.equal(bias(pairs), -0.5)
})

test('no records have no error', () => {
  for (const metric of [mae, rmse, bias]) assert.equal(metric([]), Number.NaN)
})
