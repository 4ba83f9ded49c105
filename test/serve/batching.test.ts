import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { createBatcher } from '../../serve/batching.ts'

const rows = (...values: number[]) => values as unknown as readonly TaskRecord[]

test('keeps batches within their bound, in the order of arrival, and a larger request whole', async () => {
  const batches: number[] = []
  const predict = createBatcher(
    (records) => records as unknown as number[],
    4,
    (records) => batches.push(records),
  )
  const answers = await Promise.all([rows(1, 2), rows(3), rows(4, 5), rows(6, 7, 8, 9, 10), rows(11)].map(predict))
  assert.deepEqual(answers, [[1, 2], [3], [4, 5], [6, 7, 8, 9, 10], [11]])
  assert.deepEqual(batches, [3, 2, 5, 1])
})

test('one request that the model fails at does not spoil its neighbours', async () => {
  const predict = createBatcher((records) => {
    if ((records as unknown as number[]).includes(0)) throw new Error('zero')
    return records as unknown as number[]
  }, 100)
  const answers = await Promise.allSettled([rows(1), rows(0), rows(2)].map(predict))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})
