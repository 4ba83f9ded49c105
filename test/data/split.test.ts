import assert from 'node:assert/strict'
import { test } from 'node:test'
import { split } from '../../pipeline/data/split.ts'

const days = (count: number) =>
  Array.from({ length: count }, (_, day) => ({ time: new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10) }))
const times = (part: readonly { time: string }[]) => part.map(({ time }) => time)

test('the last days are test, those before them validation, and no day is in two parts', () => {
  const parts = split(days(10), { validation_days: 2, test_days: 3 })
  assert.deepEqual(times(parts.test), ['2024-01-08', '2024-01-09', '2024-01-10'])
  assert.deepEqual(times(parts.validation), ['2024-01-06', '2024-01-07'])
  assert.equal(parts.train.length, 5)
})

test('all records of a day are in the same part', () => {
  const parts = split(
    [...days(10), ...days(10)].sort((a, b) => (a.time < b.time ? -1 : 1)),
    { validation_days: 1, test_days: 1 },
  )
  assert.equal(parts.test.length, 2)
  assert.equal(parts.validation.length, 2)
})

test('a part without records is refused with what to change', () => {
  assert.throws(
    () => split(days(10), { validation_days: 5, test_days: 5 }),
    /params\.yaml: train\.split leaves no train records.*2024-01-01 to 2024-01-10/,
  )
  assert.throws(() => split([], { validation_days: 1, test_days: 1 }), /no examples/)
})
