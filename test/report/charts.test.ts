import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBySlice } from '../../pipeline/report/charts/error-by-slice.ts'
import { learningCurve } from '../../pipeline/report/charts/learning-curve.ts'
import { predictedVsActual } from '../../pipeline/report/charts/predicted-vs-actual.ts'
import { residualsOverTime } from '../../pipeline/report/charts/residuals-over-time.ts'
import { sizeCurve } from '../../pipeline/report/charts/size-curve.ts'
import { thin, ticks } from '../../pipeline/report/charts/svg.ts'
import { world } from '../evaluation/synthetic.ts'
import { gate } from './sample.ts'

const records = world({ days: 2000 }).model(1, 1)
const epochs = Array.from({ length: 5000 }, (_, index) => ({
  epoch: index + 1,
  loss: 1 / (index + 1),
  validationError: 30,
}))
const points = [0.25, 0.5, 1].map((share) => ({
  share,
  records: 400 * share,
  error: 30 / share,
  folds: [20, null, 40],
}))
const falling = { is: 'falling', change: { estimate: -24.4, low: -38.1, high: -7.6 }, why: '' } as const
const mae = { name: 'MAE', unit: 'units' }
const charts = {
  'learning curve': learningCurve(epochs, mae),
  'learning curve of one epoch': learningCurve(epochs.slice(0, 1), mae),
  'learning curve of none': learningCurve([], mae),
  'curve by records': sizeCurve(points, mae, falling),
  'curve by records, all diverged': sizeCurve(
    points.map((point) => ({ ...point, error: null })),
    mae,
    { is: 'unclear', change: null, why: 'Nothing can be told: a training diverged.' },
  ),
  'predicted and actual': predictedVsActual(records, 'units'),
  'predicted and actual of one': predictedVsActual(records.slice(0, 1), 'units'),
  'predicted and actual of none': predictedVsActual([], 'units'),
  residuals: residualsOverTime(records, 'units'),
  'residuals of one': residualsOverTime(records.slice(0, 1), 'units'),
  'residuals of none': residualsOverTime([], 'units'),
  slices: errorBySlice(gate.slices, gate.metric),
  'slices of the first model': errorBySlice(
    [{ slice: 'shop', value: '<b>', records: 3, candidate: 0, judged: false }],
    gate.metric,
  ),
  'slices of none': errorBySlice([], gate.metric),
}

for (const [name, svg] of Object.entries(charts)) {
  test(`${name}: has a title and a description, only finite numbers, and is small`, () => {
    assert.match(
      svg,
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]* role="img" aria-labelledby="([\w-]+)-title \1-description">\n<title id="\1-title">[^<]+<\/title>\n<desc id="\1-description">[^<]+<\/desc>/,
    )
    assert.doesNotMatch(svg, /NaN|Infinity|undefined|<b>/)
    assert.ok((svg.match(/<circle/g) ?? []).length <= 2000)
    assert.ok(svg.length < 150_000, `${svg.length} characters`)
  })
}

test('the learning curve names what validation is judged by', () => {
  const ofClasses = learningCurve(epochs, { name: 'log loss', unit: '' })
  assert.match(ofClasses, />validation log loss</)
  assert.match(ofClasses, /The best validation log loss is 30\.00, in epoch 1 of/)
  assert.match(charts['learning curve'], />validation MAE, units</)
})

test('the curve by records says what it comes to in a line that fits, and names its steps', () => {
  const [, words = ''] = /<desc[^>]*>(.*)<\/desc>/.exec(charts['curve by records']) ?? []
  assert.equal(words, 'Still falling: with all against half of them −24.4 % (95 %: −38.1 % to −7.6 %).')
  for (const step of ['1/4: 100', '1/2: 200', 'all: 400']) assert.ok(charts['curve by records'].includes(`>${step}<`))
})

test('the same records give the same chart', () => {
  assert.equal(predictedVsActual(records, 'units'), charts['predicted and actual'])
})

test('ticks are round numbers within the range', () => {
  assert.deepEqual(
    ticks(0, 23, 5).map(({ text }) => text),
    ['0', '5', '10', '15', '20'],
  )
  assert.deepEqual(
    ticks(-0.3, 0.3, 3).map(({ text }) => text),
    ['−0.2', '0', '0.2'],
  )
  assert.deepEqual(
    ticks(0, 12_000, 4).map(({ text }) => text),
    ['0', '5,000', '10,000'],
  )
  assert.deepEqual(
    ticks(3, 3, 5).map(({ text }) => text),
    ['3'],
  )
})

test('thinning keeps the order and the first', () => {
  assert.deepEqual(thin([1, 2, 3], 5), [1, 2, 3])
  assert.deepEqual(
    thin(
      Array.from({ length: 10 }, (_, index) => index),
      5,
    ),
    [0, 2, 4, 6, 8],
  )
})
