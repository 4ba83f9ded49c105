import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { split } from '../../pipeline/data/split.ts'
import { meanOf } from '../../pipeline/metric.ts'
import { loadParams } from '../../pipeline/params.ts'
import { naive } from '../../pipeline/task/features.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { metric, slices } from '../../pipeline/task/judge.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { type Fold, foldsOf, newestPart, searchable } from '../../pipeline/training/search/folds.ts'
import { runTrial } from '../../pipeline/training/search/trial.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from '../task/sample-folder.ts'

const { train } = loadParams(join(import.meta.dirname, '../..'))
using folder = folderWith(sampleFiles)
const all = await ingest(join(folder.root, 'data'))
const days = { validation_days: 200, test_days: 365 }
const examples = searchable(all, days)
const [by = ''] = Object.keys(slices)
const groupOf = ({ record }: Example) => slices[by]?.(record)
const keysOf = (part: readonly Example[]) => part.map(({ key }) => key)

test('no fold of any kind has a record of the test window, and none is in two parts of a fold', () => {
  const test = new Set(keysOf(split(all, days).test))
  assert.ok(test.size > 0)
  for (const how of [
    { kind: 'rolling_origin', folds: 3 },
    { kind: 'grouped', folds: 4, by },
    { kind: 'stratified', folds: 3, by },
  ] as const) {
    const folds = foldsOf(examples, how, days, 1)
    assert.equal(folds.length, how.folds)
    for (const { train, validation, scored } of folds) {
      const keys = [train, validation, scored].flatMap(keysOf)
      assert.equal(new Set(keys).size, keys.length)
      assert.ok(keys.every((key) => !test.has(key)))
      assert.ok(train.length > 0 && validation.length > 0 && scored.length > 0)
    }
    const scored = folds.flatMap((fold) => keysOf(fold.scored))
    assert.equal(new Set(scored).size, scored.length, 'each is scored once')
    if (how.kind !== 'rolling_origin') assert.equal(scored.length, examples.length)
  }
})

test('of a share, each fold learns from the newest records, and is scored on the same', () => {
  const folds = foldsOf(examples, { kind: 'rolling_origin', folds: 2 }, days, 1)
  for (const [index, part] of newestPart(folds, 0.25).entries()) {
    const whole = folds[index] as Fold
    assert.deepEqual(keysOf(part.train), keysOf(whole.train).slice(-Math.round(whole.train.length / 4)))
    assert.deepEqual([part.validation, part.scored], [whole.validation, whole.scored])
  }
  assert.deepEqual(newestPart(folds, 1), folds)
  assert.equal(newestPart(folds, 1e-9)[0]?.train.length, 1)
})

test('a rolling origin scores later than it learns, in windows that follow each other to the end', () => {
  const folds = foldsOf(examples, { kind: 'rolling_origin', folds: 3 }, days, 1)
  let last = ''
  for (const { train, validation, scored } of folds) {
    assert.ok((train.at(-1)?.time ?? '') < (validation[0]?.time ?? ''))
    assert.ok((validation.at(-1)?.time ?? '') < (scored[0]?.time ?? ''))
    assert.equal(new Set(scored.map(({ time }) => time)).size, days.validation_days)
    assert.ok((scored[0]?.time ?? '') > last)
    last = scored.at(-1)?.time ?? ''
  }
  assert.equal(last, examples.at(-1)?.time)
  assert.deepEqual(keysOf(folds.at(-1)?.scored ?? []), keysOf(split(all, days).validation))
  assert.throws(() => foldsOf(examples, { kind: 'rolling_origin', folds: 50 }, days, 1), /folds: 50 windows of/)
})

test('groups are never on both sides; strata are on both, in equal shares', () => {
  for (const { train, validation, scored } of foldsOf(examples, { kind: 'grouped', folds: 4, by }, days, 1)) {
    const known = new Set([...train, ...validation].map(groupOf))
    assert.ok(scored.every((example) => !known.has(groupOf(example))))
  }
  const total = Map.groupBy(examples, groupOf)
  for (const { scored } of foldsOf(examples, { kind: 'stratified', folds: 3, by }, days, 1))
    for (const [value, members] of Map.groupBy(scored, groupOf))
      assert.ok(Math.abs(members.length - (total.get(value)?.length ?? 0) / 3) <= 1, String(value))
  assert.throws(
    () => foldsOf(examples, { kind: 'grouped', folds: 50, by }, days, 1),
    /must be at most \d+, the number of groups/,
  )
  assert.throws(
    () => foldsOf(examples, { kind: 'grouped', folds: 2, by: 'toString' }, days, 1),
    /must be a slice of .*got "toString"/,
  )
})

test('a trial’s score is the task’s metric on what its model has not seen, by the code that trains; what diverges has none', async () => {
  const [first, second] = foldsOf(examples, { kind: 'rolling_origin', folds: 2 }, days, 1) as [Fold, Fold]
  let done = 0
  const scores = await runTrial([first, second], { ...train, algorithm: 'seasonal_naive' }, () => done++)
  assert.equal(done, 2)
  for (const [index, { scored }] of [first, second].entries()) {
    const pairs = scored.map(({ record, target }) => ({ actual: target, prediction: naive(record) }))
    const { error, records, blocks } = scores[index] as (typeof scores)[number]
    assert.equal(records, scored.length)
    assert.ok(blocks.length >= 7 && blocks.length <= 8, 'four weeks each')
    assert.ok(Math.abs(blocks.reduce((sum, value) => sum + value, 0) / records - Number(error)) < 1e-6)
    assert.ok(Math.abs(Number(error) - meanOf(metric.of, pairs)) < 1e-3, `${error}`)
  }
  const small = { train: first.train.slice(-300), validation: first.validation, scored: first.scored }
  const wild = {
    ...train,
    algorithm: 'perceptron',
    epochs: 1,
    network: { ...train.network, learning_rate: 1e30 },
  } as const
  assert.deepEqual(await runTrial([small], wild, () => {}), [{ error: null, blocks: [], records: first.scored.length }])
})
