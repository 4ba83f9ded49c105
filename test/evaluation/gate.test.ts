import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GateInput, type GateResult, judge } from '../../pipeline/evaluation/gate.ts'
import type { HeldOut } from '../../pipeline/evaluation/held-out.ts'
import { policy, world } from './synthetic.ts'

const { model } = world()
const naive = { name: 'seasonal naive', records: model(2, 3) }
const linear = { name: 'linear', records: model(1.5, 4) }
const champion = { digest: 'sha256:champion', records: model(1, 1) }
const judged = (records: readonly HeldOut[], rest: Partial<GateInput> = {}): GateResult =>
  judge(
    {
      candidate: { digest: 'sha256:candidate', records },
      champion,
      baselines: [naive, linear],
      unit: 'units',
      ...rest,
    },
    policy,
  )

test('a clearly better candidate passes, and the reason has numbers and units', () => {
  const result = judged(model(0.9, 2))
  assert.equal(result.result, 'pass')
  assert.match(
    result.reasons[0] ?? '',
    /MAE of [\d.]+ units is [\d.]+ % less than the champion's [\d.]+ \(95 % interval −[\d.]+ % to −[\d.]+ %\)/,
  )
  assert.equal(result.comparisons[0]?.against, 'champion')
  assert.deepEqual(result.heldOut, { from: '2023-01-01', to: '2023-12-31', records: 1460, days: 365 })
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result)
})

test('a clearly worse candidate fails and is told what to do', () => {
  const result = judged(model(1.2, 2))
  assert.equal(result.result, 'fail')
  assert.match(
    result.reasons[0] ?? '',
    /more than the champion's .* worse than the tolerance of 2 % allows\. Improve the model/,
  )
})

test('a candidate that the data cannot tell from the tolerance is inconclusive, and the span and the days needed are told', () => {
  const short = world({ days: 80, seed: 5 })
  const result = judge(
    {
      candidate: { digest: 'a', records: short.model(1, 2) },
      champion: { digest: 'b', records: short.model(1, 1) },
      baselines: [],
      unit: 'units',
    },
    policy,
  )
  assert.equal(result.result, 'inconclusive')
  assert.match(
    result.reasons[0] ?? '',
    /that spans [\d.]+ % and holds the tolerance of 2 %, so 320 records of 80 days cannot tell\. Improve the model/,
  )
})

test('the champion itself is unchanged', () => {
  const result = judge({ candidate: champion, champion, baselines: [naive, linear], unit: 'units' }, policy)
  assert.equal(result.result, 'unchanged')
  assert.equal(result.comparisons[0]?.difference.high, 0)
  assert.equal(result.comparisons[0]?.relative.estimate, 0)
})

test('the first model must beat both baselines', () => {
  assert.equal(judged(model(1, 2), { champion: null }).result, 'pass')
  const worse = judged(model(1.7, 2), { champion: null })
  assert.equal(worse.result, 'fail')
  assert.match(worse.reasons[0] ?? '', /of the linear baseline: .* worse than a baseline that learns less/)
  assert.equal(judged(model(1.5, 2), { champion: null }).result, 'inconclusive')
})

test('a candidate worse than a baseline fails, champion or not', () => {
  const bad = { digest: 'sha256:champion', records: model(2.5, 1) }
  assert.equal(judged(model(2, 2), { champion: bad }).result, 'fail')
})

test('one slice that got much worse fails, though all records together are fine', () => {
  const result = judged(model(0.85, 2, (shop) => (shop === 'market' ? 1.6 : 1)))
  assert.equal(result.result, 'fail')
  assert.match(
    result.reasons[0] ?? '',
    /On the 365 records with shop = market .* at the confidence of one slice among 4/,
  )
  const tooFew = judge(
    {
      candidate: { digest: 'a', records: model(0.85, 2, (shop) => (shop === 'market' ? 1.6 : 1)) },
      champion,
      baselines: [],
      unit: 'units',
    },
    { ...policy, slice_min_records: 366, tolerance_percent: 20 },
  )
  assert.equal(tooFew.result, 'pass')
  assert.ok(tooFew.slices.every(({ judged }) => !judged))
})

for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a prediction of ${value} fails and names the record`, () => {
    const records = model(0.5, 2).map((record, index) => (index === 7 ? { ...record, prediction: value } : record))
    const result = judged(records)
    assert.equal(result.result, 'fail')
    assert.match(
      result.reasons[0] ?? '',
      new RegExp(`1 of the candidate's 1,460 predictions .*market\\|2023-01-02 \\(${value}\\)`),
    )
  })
}

test('records that one model lacks are counted; more than 1 % of them decide nothing', () => {
  const records = model(0.9, 2)
  const few = judged(records.slice(3))
  assert.equal(few.result, 'pass')
  assert.match(
    few.reasons.at(-1) ?? '',
    /3 of 1460 held-out records missing from the predictions of the candidate, such as harbour\|2023-01-01/,
  )
  const many = judged(records.slice(30))
  assert.equal(many.result, 'inconclusive')
  assert.match(many.reasons[0] ?? '', /2\.1 % of the held-out records cannot be compared/)
  const otherActual = judged(records.map((record, index) => (index < 30 ? { ...record, actual: 301 } : record)))
  assert.equal(otherActual.result, 'inconclusive')
  assert.match(
    otherActual.reasons.join(' '),
    /30 of 1460 held-out records have another actual value with the champion than with the candidate/,
  )
})

test('too few days are inconclusive, and none at all too', () => {
  const short = world({ days: 60 })
  const rest = { champion: { digest: 'b', records: short.model(1, 1) }, baselines: [] }
  assert.match(judged(short.model(0.5, 2), rest).reasons[0] ?? '', /span 60 days; blocks of 7 days .* need at least 70/)
  const none = judged([], { champion: { digest: 'b', records: [] }, baselines: [] })
  assert.equal(none.result, 'inconclusive')
  assert.match(none.reasons[0] ?? '', /no held-out records/)
})

test('a key that comes twice is an error', () => {
  const records = model(1, 2)
  assert.throws(
    () => judged([...records, ...records.slice(0, 1)]),
    /the candidate hold the key harbour\|2023-01-01 twice/,
  )
})

test('a champion without any error leaves every number finite', () => {
  const perfect = champion.records.map((record) => ({ ...record, prediction: record.actual }))
  const result = judged(model(1, 2), { champion: { digest: 'b', records: perfect } })
  assert.equal(result.result, 'fail')
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result)
})

test('the order of the records and the seed of neighbouring calls change nothing', () => {
  const records = model(0.97, 2)
  assert.deepEqual(judged([...records].reverse()), judged(records))
})
