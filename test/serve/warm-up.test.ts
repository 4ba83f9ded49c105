import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warmUp } from '../../serve/warm-up.ts'
import { fakeBundle } from './helper.ts'

test('passes a bundle that predicts its golden records, up to rounding', () => {
  warmUp(fakeBundle())
  warmUp(fakeBundle({ predict: (records) => records.map(() => 200.01) }))
})

test('refuses a bundle that predicts them otherwise, or has none', () => {
  assert.throws(
    () => warmUp(fakeBundle({ predict: (records) => records.map(() => 200.03) })),
    /golden record 1 of 1 should be predicted as 200, this server predicts 200\.03/,
  )
  assert.throws(() => warmUp(fakeBundle({ predict: (records) => records.map(() => Number.NaN) })), /predicts NaN/)
  assert.throws(() => warmUp(fakeBundle({ golden: [] })), /golden\.jsonl is empty/)
})
