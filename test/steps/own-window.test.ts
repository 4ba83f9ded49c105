import assert from 'node:assert/strict'
import { test } from 'node:test'
import { split, windowOf } from '../../pipeline/data/split.ts'
import { InputError } from '../../pipeline/errors.ts'
import { requireOwnWindow } from '../../pipeline/steps/own-window.ts'

const days = Array.from({ length: 40 }, (_, day) => ({
  time: new Date(Date.UTC(2023, 0, 1 + day)).toISOString().slice(0, 10),
}))
const parts = split(days, { validation_days: 10, test_days: 10 })
const window = windowOf(parts)
const refit = { on: 'all', until: '2023-02-09', more: 20, epochs: 3 } as const

test('a bundle of this tree says of what it has seen what its training sees', () => {
  assert.deepEqual(window, { from: '2023-01-01', trainUntil: '2023-01-20', until: '2023-01-30' })
  requireOwnWindow({ window }, parts, 'here')
  requireOwnWindow({ window, refit }, parts, 'here')
})

test('one that says it has seen less, so that it would be judged on what it learnt from, is refused', () => {
  for (const [told, message] of [
    [{ window: { ...window, until: '2023-01-20' } }, /^here: .*until "2023-01-20", not "2023-01-30".*npm run train/],
    [{ window: { ...window, until: '9999-99-99' } }, /until "9999-99-99"/],
    [{ window: { ...window, from: '2023-01-02', trainUntil: '2023-01-10' } }, /from .*; trainUntil /],
    [{ window, refit: { ...refit, more: 1 } }, /refit \{"until":"2023-02-09","more":1\}/],
    [{ window, refit: { ...refit, until: '2022-12-31' } }, /refit .*2022-12-31/],
  ] as const)
    assert.throws(
      () => requireOwnWindow(told, parts, 'here'),
      (error) => error instanceof InputError && message.test(error.message),
    )
})
