import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { createBatcher } from '../../serve/batching.ts'
import { createPace, paceOf } from '../../serve/pace.ts'

const rows = (...values: number[]) => values as unknown as readonly TaskRecord[]

test('keeps batches within their bound, in the order of arrival; a larger request is predicted in pieces', async () => {
  const batches: number[] = []
  const predict = createBatcher((records) => records as unknown as number[], {
    maxRecords: 4,
    pace: createPace(),
    onBatch: (records) => batches.push(records),
  })
  const answers = await Promise.all([rows(1, 2), rows(3), rows(4, 5), rows(6, 7, 8, 9, 10), rows(11)].map(predict))
  assert.deepEqual(answers, [[1, 2], [3], [4, 5], [6, 7, 8, 9, 10], [11]])
  assert.deepEqual(batches, [4, 4, 3])
})

test('one request that the model fails at does not spoil its neighbours', async () => {
  const predict = createBatcher(
    (records) => {
      if ((records as unknown as number[]).includes(0)) throw new Error('zero')
      return records as unknown as number[]
    },
    { maxRecords: 100, pace: createPace() },
  )
  const answers = await Promise.allSettled([rows(1), rows(0), rows(2)].map(predict))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('a piece of a large request that fails fails all of it, once, and nobody else', async () => {
  const predict = createBatcher(
    (records) => {
      if ((records as unknown as number[]).includes(0)) throw new Error('zero')
      return records as unknown as number[]
    },
    { maxRecords: 2, pace: createPace() },
  )
  const answers = await Promise.allSettled([rows(1, 2, 0, 4, 5, 6), rows(7), rows(8, 9, 10)].map(predict))
  assert.deepEqual(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'rejected')),
    ['rejected', [7], [8, 9, 10]],
  )
})

test('a batch takes 20 ms at most, as far as the last ones tell, and one record at least', async () => {
  const batches: number[] = []
  const paces = [createPace(), createPace()]
  paces[0]?.observe(10, 50)
  paces[1]?.observe(1, 400)
  for (const pace of paces) {
    const predict = createBatcher((records) => records as unknown as number[], {
      maxRecords: 100,
      pace: { ...pace, observe: () => {} },
      onBatch: (records) => batches.push(records),
    })
    await Promise.all(Array.from({ length: 5 }, () => predict(rows(1, 2))))
  }
  assert.deepEqual(batches, [4, 4, 2, ...Array(10).fill(1)])
})

test('the pace is that of the last calls, together', () => {
  const pace = createPace()
  assert.equal(pace.perRecord(), 0)
  pace.observe(1, 5)
  assert.equal(pace.perRecord(), 5)
  // In large batches a record costs less: that is known from the first one.
  pace.observe(99, 5)
  assert.equal(pace.perRecord(), 0.1)
  for (let i = 0; i < 32; i += 1) pace.observe(2, 1)
  assert.ok(Math.abs(pace.perRecord() - 0.5) < 1e-9)
  assert.ok(Math.abs(pace.perTurn() - 0.5) < 1e-9)
  for (let i = 0; i < 32; i += 1) pace.observe(2, 1, 3)
  assert.deepEqual(
    [pace.perRecord(), pace.perTurn()].map((ms) => Math.round(ms * 1e6) / 1e6),
    [0.5, 1.5],
  )
  // Four pauses of the machine among 32 calls are no pace.
  for (let i = 0; i < 4; i += 1) pace.observe(1, 1, 500)
  assert.equal(pace.perTurn(), 1.5)
  pace.observe(1, 1, 500)
  assert.ok(pace.perTurn() > 5)
})

test('while connections come in, the loop turns before it predicts, but not for ever', async () => {
  for (const connections of [0, 10, Number.POSITIVE_INFINITY]) {
    let [came, passed, predicted] = [0, 0, 0]
    const predict = createBatcher(
      (records) => {
        predicted = passed
        return records as unknown as number[]
      },
      { maxRecords: 100, pace: createPace(), arrivals: () => came },
    )
    const answer = predict(rows(1))
    const loop = () => {
      passed += 1
      if (came < connections) came += 1
      if (predicted === 0) setImmediate(loop)
    }
    // Before the batch's own turn, as a connection that the loop has just accepted.
    loop()
    await answer
    if (connections === Number.POSITIVE_INFINITY) assert.ok(predicted > 1)
    else assert.ok(Math.abs(predicted - connections - 1) <= 1, `${predicted} turns with ${connections} connections`)
  }
})

test('connections are let in before a second batch, too, however long the first one took', async () => {
  let [passed, going] = [0, true]
  const predictedAt: number[] = []
  const predict = createBatcher(
    (records) => {
      predictedAt.push(passed)
      for (const until = performance.now() + 25; performance.now() < until; );
      return records as unknown as number[]
    },
    { maxRecords: 1, pace: createPace(), arrivals: () => passed },
  )
  const answers = Promise.all([rows(1), rows(2), rows(3)].map(predict))
  const loop = () => {
    passed += 1
    if (going) setImmediate(loop)
  }
  loop()
  await answers
  going = false
  const [first = 0, second = 0, third = 0] = predictedAt
  assert.ok(second - first > 1 && third - second > 1, `predicted after ${predictedAt} turns`)
})

test('a pause of the machine at one of the first calls makes no pace of it', () => {
  const predict = (records: readonly unknown[]) => records.map(() => 1)
  const pace = paceOf({ golden: [{ record: {} as never, prediction: 1 }], predict })
  const before = pace.perTurn()
  pace.observe(8, 64)
  assert.ok(pace.perTurn() < before + 2, `${before}, then ${pace.perTurn()} ms`)
})
