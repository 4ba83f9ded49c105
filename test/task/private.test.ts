import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { checkHeader } from '../../pipeline/data/header.ts'
import { validateData } from '../../pipeline/data/validate.ts'
import { judge } from '../../pipeline/evaluation/gate.ts'
import { heldOutOf, predictedOf } from '../../pipeline/evaluation/held-out.ts'
import { shownKey, withoutPrivate } from '../../pipeline/private.ts'
import { gateSection } from '../../pipeline/report/gate-section.ts'
import { dataSample } from '../../pipeline/steps/training-evaluation.ts'
import { type Example, keyFields, recordSchema, type TaskRecord } from '../../pipeline/task/record.ts'
import { folderWith } from '../data/folder.ts'
import { policy, world } from '../evaluation/synthetic.ts'
import { sampleWith } from './sample-folder.ts'

/** The task's records, but nobody may know which shop they are of. */
const secret = Type.Object({
  ...recordSchema.properties,
  shop: { ...recordSchema.properties.shop, private: true },
})
const shops = /harbour|hilltop|lakeside|market|old-town|promenade|station|university/
const tell = (key: string) => shownKey(secret, keyFields, key)

const example = (shop: string, date: string): Example => {
  const record = { shop, date, temperature_c: 20, holiday: false } as unknown as TaskRecord
  return { key: `${shop}|${date}`, time: date, record, target: 3 }
}

test('records and keys are told without their private fields', () => {
  assert.deepEqual(withoutPrivate(secret, { shop: 'harbour', date: '2023-01-01' }), {
    shop: '(private)',
    date: '2023-01-01',
  })
  assert.equal(tell('harbour|2023-01-01'), '(private)|2023-01-01')
  assert.equal(tell('har|bour|2023-01-01'), '(private)')
  assert.equal(shownKey(recordSchema, keyFields, 'harbour|2023-01-01'), 'harbour|2023-01-01')
})

test('the data sample of a run', () => {
  const examples = [example('harbour', '2023-01-01'), example('market', '2023-01-01')]
  assert.doesNotMatch(JSON.stringify(dataSample(examples, secret)), shops)
  assert.deepEqual(dataSample(examples), examples)
})

test('rows that became no record', async () => {
  const files = sampleWith('data/weather.csv', (line) => (line.startsWith('2023-12-') ? null : line))
  using folder = folderWith(files)
  const { findings } = await validateData(folder.root, { max_shown: 5, family_wise_error: 0.01 }, secret)
  const lost = findings.filter(({ rule }) => rule.startsWith('record: '))
  assert.equal(lost[0]?.shown[0]?.value, '(private)|2023-12-01')
  assert.doesNotMatch(JSON.stringify(lost), shops)
})

test('a first line that is a row and no header', () => {
  const file = { path: 'data/t.csv', schema: secret, key: ['shop'], time: 'date', series: ['shop'] }
  const found = checkHeader({ ...file, gapDays: 1, tolerances: {} }, ['harbour', 'Ann Secret'], 5)
  assert.ok(found.length > 1)
  assert.doesNotMatch(JSON.stringify(found.map(({ what, shown }) => [what, shown])), /harbour|Ann/)
})

test('slices of private fields are told apart and not named; the others are named', () => {
  const days = ['2023-01-01', '2023-01-02']
  const examples = days.flatMap((date) => [example('market', date), example('harbour', date)])
  const sliced = heldOutOf(examples, '2022-12-31', () => [1, 2, 3, 4], secret).map(({ slices }) => slices)
  assert.deepEqual(
    sliced.map((slices) => slices['shop']),
    ['(private) 1', '(private) 2', '(private) 1', '(private) 2'],
  )
  assert.deepEqual(sliced[0], { shop: '(private) 1', season: 'winter', day: 'weekend' })
  assert.equal(heldOutOf(examples, '2022-12-31', () => [1, 2, 3, 4])[0]?.slices['shop'], 'market')

  // The bootstrap draws groups whole, before and after training: a group is the same in both.
  const [market, harbour] = [example('market', '2023-01-03'), example('harbour', '2023-01-03')]
  const more = [...examples, harbour, market]
  const later = heldOutOf(more, '2023-01-02', () => [1, 2], secret)
  assert.deepEqual(
    later.map(({ slices }) => slices['shop']),
    ['(private) 2', '(private) 1'],
  )
  const earlier = predictedOf(
    more,
    ({ time }) => time < '2023-01-02',
    () => [1, 2],
    secret,
  )
  assert.deepEqual(
    earlier.map(({ slices }) => slices['shop']),
    ['(private) 1', '(private) 2'],
  )
})

test('the sentences of the gate, its errors and the report', () => {
  const { model } = world()
  // As heldOutOf makes them of a schema whose shop is private.
  const records = (scale: number, salt: number) =>
    model(scale, salt).map((record) => ({ ...record, slices: { shop: '(private) 1' } }))
  const candidate = { digest: 'a', records: records(0.9, 2) }
  const champion = { digest: 'b', records: records(1, 1) }
  const judged = (own: typeof candidate.records) =>
    judge({ candidate: { digest: 'a', records: own }, champion, baselines: [], unit: 'units' }, policy, tell)

  const lacking = judged(candidate.records.slice(3))
  assert.match(lacking.reasons.join(), /such as \(private\)\|2023-01-01\./)
  const broken = judged(
    candidate.records.map((record, n) => (n === 7 ? { ...record, prediction: Number.NaN } : record)),
  )
  assert.match(broken.reasons.join(), /\(private\)\|2023-01-02 \(NaN\)/)
  for (const gate of [lacking, broken]) {
    assert.doesNotMatch(JSON.stringify([gate, gateSection(gate, candidate.records)]), shops)
  }
  assert.throws(
    () => judged([...candidate.records, ...candidate.records.slice(0, 1)]),
    (error: Error) => /hold the key \(private\)\|2023-01-01 twice/.test(error.message),
  )
})
