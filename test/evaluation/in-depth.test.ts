import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calibration } from '../../pipeline/evaluation/calibration.ts'
import { missingFields, noisyFields, permutationImportance } from '../../pipeline/evaluation/changed-fields.ts'
import { fairness } from '../../pipeline/evaluation/fairness.ts'
import { fitting } from '../../pipeline/evaluation/fitting.ts'
import { largestResiduals } from '../../pipeline/evaluation/largest-residuals.ts'
import { ownErrors } from '../../pipeline/evaluation/look.ts'
import { partialDependence } from '../../pipeline/evaluation/partial-dependence.ts'
import { segments } from '../../pipeline/evaluation/segments.ts'
import { shapley } from '../../pipeline/evaluation/shapley.ts'
import { worstSlice } from '../../pipeline/evaluation/worst-slice.ts'
import { brierScore } from '../../pipeline/metric.ts'
import { most, repetitions } from '../repetitions.ts'
import { knownLook, predictor, truth } from './known-look.ts'

/** What an error is on all records together: for a first model. */
const level = (errors: Float64Array) => {
  const mean = errors.reduce((sum, value) => sum + value, 0) / errors.length
  return new Float64Array(errors.length).fill(mean)
}
const least = 30

test('the worst pair of groups is found by name', () => {
  const look = knownLook(truth, ({ shop, x }) => (shop === 'c' && x > 1 ? 4 : 1))
  const errors = ownErrors(look)
  const worst = worstSlice(look, errors, level(errors), least)
  assert.match(worst?.name ?? '', /^shop = c and x ≥ [\d.]+$/)
  assert.ok((worst?.relative.low ?? 0) > 50, JSON.stringify(worst))
  assert.ok((worst?.records ?? 0) > 50 && (worst?.searched ?? 0) > 20)
})

test('where no group is worse, none of the many is told to be more often than is stated', (t) => {
  const rounds = repetitions(20)
  let told = 0
  for (let seed = 1; seed <= rounds; seed++) {
    const look = knownLook(truth, () => 1, seed)
    const errors = ownErrors(look)
    const worst = worstSlice(look, errors, level(errors), 100)
    if (worst && worst.relative.low > 0) told++
  }
  t.diagnostic(`told in ${told} of ${rounds} worlds`)
  assert.ok(told <= most(0.025, rounds), `${told} of ${rounds}`)
})

test('too few records are no slice', () => {
  const look = knownLook()
  assert.equal(worstSlice(look, ownErrors(look), ownErrors(look), 2000), undefined)
  // As where nothing but the refit is new.
  const same = worstSlice(look, ownErrors(look), ownErrors(look), 100)
  assert.deepEqual(same?.relative, { estimate: 0, low: 0, high: 0 })
})

test('what is calibrated has no bin off, and one that says too much at the top is off there', () => {
  const good = calibration(knownLook())
  assert.equal(good.bins.length, 10)
  assert.equal(
    good.bins.reduce((sum, { records }) => sum + records, 0),
    1460,
  )
  assert.ok(good.bins.every(({ bias }) => bias.low <= 0 && bias.high >= 0))
  assert.ok(good.error < 0.3, `${good.error}`)
  const steep = calibration(knownLook((record) => truth(record) + Math.max(0, 3 * record.x)))
  assert.ok((steep.bins[0]?.bias.low ?? 0) <= 0 && (steep.bins[9]?.bias.low ?? 0) > 4)
  assert.ok(Math.abs(steep.error - 1.5) < 0.2, `${steep.error}`)
  assert.ok(good.slope.low < 1 && good.slope.high > 1 && Math.abs(good.level.estimate) < 0.1)
  assert.ok(steep.slope.high < 0.95 && steep.level.low > 1, JSON.stringify(steep.slope))
})

test('errors in training and after, and the learning curve, name what is wrong', () => {
  const curve = (...values: readonly (readonly [number, number])[]) =>
    values.map(([loss, validationError], index) => ({ epoch: index + 1, loss, validationError }))
  const flat = curve([3, 30], [2, 20], [1.9, 19.9])
  const gap = (estimate: number) => ({ estimate, low: estimate - 3, high: estimate + 3 })
  assert.equal(fitting(flat, { train: 19, test: 20, linearTrain: 25, gap: gap(5) }, 20).is, 'fitting')
  const learnt = fitting(flat, { train: 10, test: 20, linearTrain: 25, gap: gap(100) }, 20)
  assert.equal(learnt.is, 'overfitting')
  assert.match(
    learnt.why,
    /held-out error of 20\.00 against 10\.00 in training: 100 % further apart than the linear baseline's/,
  )
  const rising = curve([3, 30], [2, 20], [1, 25])
  assert.match(
    fitting(rising, { train: 19, test: 20, linearTrain: 25, gap: gap(5) }, 20).why,
    /rose from 20\.00 in epoch 2 to 25\.00 in epoch 3/,
  )
  assert.equal(fitting(rising, { train: 19, test: 20, linearTrain: 25, gap: gap(5) }, 20).is, 'overfitting')
  const short = fitting(curve([3, 30], [2, 20]), { train: 19, test: 20, linearTrain: 25, gap: gap(5) }, 20)
  assert.equal(short.is, 'underfitting')
  assert.match(short.why, /last of 2 epochs was the best/)
  const weak = fitting(flat, { train: 25, test: 26, linearTrain: 20, gap: gap(4) }, 20)
  assert.match(weak.why, /no better than the 20\.00 of a linear model/)
})

test('a missing field costs what the model has from it, and noise grows with its size', async () => {
  const look = knownLook()
  const missing = await missingFields(look, predictor(truth))
  assert.equal(missing[0]?.field, 'x')
  // Without x, |10 x| of ±2 has a mean of 10 and noise one of √(2/π).
  assert.ok(Math.abs((missing[0]?.relative.estimate ?? 0) - 100 * (10 / Math.sqrt(2 / Math.PI) - 1)) < 60)
  const [small, large] = await Promise.all([0.01, 0.1].map((share) => noisyFields(look, predictor(truth), share)))
  assert.deepEqual(large?.map(({ field }) => field).toSorted(), ['idle', 'list', 'x'])
  // Noise of 0.1 × 4/√12 × 10 beside noise of 1: √(1 + 1.33) − 1 = 53 %.
  assert.ok(Math.abs((large?.[0]?.relative.estimate ?? 0) - 53) < 8, JSON.stringify(large?.[0]))
  assert.ok((small?.[0]?.relative.estimate ?? 0) < 5)
})

test('a group that is treated otherwise is found, others are not', () => {
  const look = knownLook((record) => truth(record) - (record.member ? 2 : 0))
  const values = {
    member: look.rows.map(({ record }) => String(record['member'])),
    shop: look.rows.map(({ record }) => String(record['shop'])),
  }
  const gaps = fairness(look, values, { minRecords: 100, perTarget: false })
  assert.equal(gaps.length, 6)
  const member = gaps.find(({ attribute, group }) => attribute === 'member' && group === 'true')
  // 2 of 100 units.
  assert.ok(Math.abs((member?.biasGap?.estimate ?? 0) + 2) < 0.2 && (member?.biasGap?.high ?? 0) < -1.5)
  assert.ok((member?.errorGap?.low ?? 0) > 50)
  for (const { attribute, biasGap } of gaps)
    if (attribute === 'shop') assert.ok(biasGap && biasGap.low < 0 && biasGap.high > 0)
  assert.deepEqual(
    fairness(look, values, { minRecords: 5000, perTarget: false }).flatMap(({ errorGap }) => errorGap ?? []),
    [],
  )
  // The members as ten customers that are drawn whole: they would tell of these ten.
  const of = Int32Array.from(look.rows, ({ record }, row) => (record['member'] ? row % 10 : 10 + (row % 30)))
  const byCustomer = fairness({ ...look, days: { ...look.days, count: 40, of } }, values, {
    ...{ minRecords: 100, perTarget: false },
  })
  for (const { attribute, errorGap } of byCustomer) assert.equal(errorGap === undefined, attribute === 'member')
})

test('another metric is what is measured', async () => {
  const look = { ...knownLook((record) => truth(record) + 3), metric: brierScore }
  const errors = ownErrors(look)
  assert.ok(Math.abs(errors.reduce((sum, value) => sum + value, 0) / errors.length - 10) < 0.6)
})

test('the largest residuals are told with their records, without what is private', () => {
  const look = knownLook((record) => truth(record) + (record.shop === 'b' && record.x > 1.9 ? 50 : 0))
  const [first, ...rest] = largestResiduals(look, 3)
  assert.equal(rest.length, 2)
  const told = new Map(first?.record.map(({ field, value }) => [field, value]))
  assert.deepEqual([told.get('shop'), told.get('secret')], ['b', '(private)'])
  assert.ok((first?.error ?? 0) >= (rest[0]?.error ?? 0) && (rest[1]?.error ?? 0) > 40)
})

test('permutation importance finds what a model uses and what it does not, and shows nothing private', async () => {
  const importance = await permutationImportance(knownLook(), predictor(truth))
  assert.deepEqual(
    importance.slice(0, 2).map(({ field }) => field),
    ['x', 'list'],
  )
  assert.ok((importance[0]?.relative.low ?? 0) > 500)
  for (const { field, relative } of importance.slice(2))
    assert.deepEqual([field, relative.low, relative.high], [field, 0, 0])
  assert.ok(importance.every(({ field }) => field !== 'secret'))
})

test('partial dependence of a line is that line', async () => {
  const [shop, x] = await partialDependence(knownLook(), predictor(truth))
  assert.equal(new Set(shop?.points.map(({ prediction }) => prediction)).size, 1)
  const slopes = x?.points.slice(1).map(({ value, prediction }, index) => {
    const before = x.points[index] as (typeof x.points)[0]
    return (prediction - before.prediction) / (Number(value) - Number(before.value))
  })
  assert.ok(slopes?.length === 11 && slopes.every((slope) => Math.abs(slope - 10) < 1e-6), String(slopes))
})

test('Shapley values of a line are its terms, and what is private has no name', async () => {
  const found = await shapley(
    knownLook(),
    predictor((record) => truth(record) + record.secret.length),
  )
  assert.deepEqual(found.fields.map(({ field }) => field).toSorted(), [
    '(private)',
    'idle',
    'list',
    'member',
    'shop',
    'x',
  ])
  const size = (field: string) => found.fields.find((one) => one.field === field)?.size ?? Number.NaN
  assert.deepEqual([found.fields[0]?.field, size('idle'), size('member')], ['x', 0, 0])
  // |10 (x − mean of the others)| of x in ±2 has a mean of 10 where the others' is 0.
  assert.ok(size('x') > 7 && size('x') < 14, `${size('x')}`)
  assert.ok(size('(private)') > 0)
})

test('errors over slices and quarters of fields add up to the whole', () => {
  const look = knownLook((record) => truth(record) + (record.shop === 'b' ? 5 : 0))
  const found = segments(look)
  const shops = found.filter(({ name }) => name.startsWith('shop = '))
  assert.equal(
    shops.reduce((sum, { records }) => sum + records, 0),
    look.rows.length,
  )
  assert.ok(shops.every(({ name, bias }) => Math.abs(bias - (name === 'shop = b' ? 5 : 0)) < 0.3))
  assert.equal(found.filter(({ name }) => name.includes('idle')).length, 4)
  assert.ok(found.every(({ name }) => !name.includes('secret')))
})
