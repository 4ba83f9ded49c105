import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GateInput, judge } from '../../pipeline/evaluation/gate.ts'
import { modelCard } from '../../pipeline/report/model-card.ts'
import { toHtml, toMarkdown } from '../../pipeline/report/report.ts'
import { readReport, toJson } from '../../pipeline/report/report-json.ts'
import { cardWith, reportWith } from '../report/sample.ts'
import { policy, world } from './synthetic.ts'

const { model } = world()
const refit = { more: 5835, until: '2023-12-31' }
const champion = { digest: 'sha256:champion', records: model(1, 1) }
const baselines = [
  { name: 'seasonal naive', records: model(2, 3) },
  { name: 'linear', records: model(1.5, 4) },
]
const judged = (candidate: Partial<GateInput['candidate']>, rest: Partial<GateInput> = {}) =>
  judge(
    {
      candidate: { digest: 'sha256:candidate', records: model(0.9, 2), ...candidate },
      ...{ champion, baselines, unit: 'units', ...rest },
    },
    policy,
  )
const ofCandidate =
  /candidate was judged before its refit: what ships was then trained on 5,835 more records, up to 2023-12-31, and could not be judged on them/

test('a refit changes no figure of the gate: it is told of, and its own sentence is one more', () => {
  const plain = judged({})
  const { reasons, refits, ...rest } = judged({ refit }, { shipped: model(0.8, 5) })
  assert.deepEqual({ ...rest, reasons: plain.reasons }, plain)
  assert.deepEqual(refits, [{ model: 'candidate', ...refit }])
  assert.deepEqual(
    reasons.filter((reason) => !plain.reasons.includes(reason)).map((reason) => reason.split(':')[0]),
    ['Refit'],
  )
})

for (const [share, result] of [
  [0.5, 'pass'],
  [1.08, 'pass'],
  [1.13, 'fail'],
  [4, 'fail'],
] as const) {
  test(`what ships with ${share} times the judged model’s error on records that it has learnt from: ${result}`, () => {
    const { result: found, reasons } = judged({ refit }, { shipped: model(0.9 * share, 2) })
    assert.equal(found, result, reasons.join('\n'))
    const said = reasons.find((reason) => reason.startsWith('Refit')) ?? ''
    assert.match(said, /the MAE of what ships is [\d.]+, [\d.]+ % (less|more) than the judged model's [\d.]+/)
    if (result === 'fail') {
      assert.equal(reasons[0], said)
      assert.match(said, /may be at most 10 % more\. Train with another seed/)
    }
  })
}

test('what ships and predicts no number fails, however good the judged model is', () => {
  const shipped = model(0.5, 2).map((record, index) => (index < 2 ? { ...record, prediction: Number.NaN } : record))
  const { result, reasons } = judged({ refit }, { shipped })
  assert.equal(result, 'fail')
  assert.match(reasons[0] ?? '', /what ships predicts no finite number for 2 of 1,460 held-out records/)
})

test('report, its data and the model card say what was judged, of the candidate and of the champion, whatever the result', () => {
  const both = judged({ refit }, { champion: { ...champion, refit }, shipped: model(0.8, 5) })
  const none = judged({ records: [], refit }, { champion: { ...champion, records: [] }, baselines: [] })
  assert.equal(none.result, 'inconclusive')
  const ofChampion = /champion was judged before its refit: what production runs was then trained on 5,835 more/
  const report = { ...reportWith('word'), gate: both }
  for (const text of [
    toMarkdown(report),
    toHtml(report),
    toMarkdown(readReport(Buffer.from(toJson(report)), 'report.json')),
    modelCard({ ...cardWith('word'), gate: both }),
  ]) {
    assert.match(text, ofCandidate)
    assert.match(text, ofChampion)
  }
  assert.match(toMarkdown({ ...report, gate: none }), ofCandidate)
  assert.doesNotMatch(toMarkdown({ ...report, gate: judged({}) }), /refit/)
})

test('the model card tells the records and epochs of what ships beside those of the judged model', () => {
  const { data, training, ...card } = cardWith('word')
  const told = modelCard({
    ...card,
    data: { ...data, refit: { until: '2023-12-31' } },
    training: { ...training, refitEpochs: 17 },
  })
  assert.match(told, /\| never seen before the judgement \| after word \(2,920 records\) \|/)
  assert.match(told, /\| what ships, learnt from after the judgement \| word to 2023-12-31 \(19,840 records\) \|/)
  assert.match(told, /\| epochs \| 30 \|\n\| epochs of what ships, on all records \| 17 \|/)
})
