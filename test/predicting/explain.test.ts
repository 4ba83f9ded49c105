import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { evaluateDirectly } from '../../pipeline/predicting/evaluator.ts'
import { explain } from '../../pipeline/predicting/explain.ts'
import { random } from '../../pipeline/random.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { fitLinear, predictLinear } from '../../pipeline/training/algorithms/linear.ts'
import { repetitions } from '../repetitions.ts'
import { temporaryFolder } from '../serve/helper.ts'

type Row = { readonly a: number; readonly b: number; readonly c: number; readonly d: number }
const fields = ['a', 'b', 'c', 'd'] as const
type Model = (row: Row) => number
const asked = (model: Model) => (rows: readonly Row[]) => rows.map(model)
const anyRow = fc
  .record({ a: fc.integer(), b: fc.integer(), c: fc.integer(), d: fc.integer() })
  .map(({ a, b, c, d }): Row => ({ a: a % 10, b: b % 10, c: c % 10, d: d % 10 }))
const tangled: Model = ({ a, b, c }) => Math.exp(a / 10) * b + (b > 2 ? c : 0) * a

/** Shapley values by their definition: over all sets of fields. */
function byDefinition(model: Model, record: Row, background: readonly Row[]): readonly number[] {
  const value = (known: number) => {
    const mixed = background.map((base) =>
      model(Object.fromEntries(fields.map((name, at) => [name, (known & (1 << at) ? record : base)[name]])) as Row),
    )
    return mixed.reduce((sum, one) => sum + one, 0) / mixed.length
  }
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  return fields.map((_, field) => {
    let sum = 0
    for (let known = 0; known < 1 << fields.length; known += 1) {
      if (known & (1 << field)) continue
      const size = fields.filter((_, at) => known & (1 << at)).length
      const weight = (factorial(size) * factorial(fields.length - size - 1)) / factorial(fields.length)
      sum += weight * (value(known | (1 << field)) - value(known))
    }
    return sum
  })
}

test('contributions and baseline add up to the prediction, a field that does nothing has none, and the same seed tells the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyRow,
      fc.array(anyRow, { minLength: 1, maxLength: 5 }),
      fc.integer(),
      async (record, background, seed) => {
        const options = { predict: asked(tangled), background, fields, seed, pairs: 1 }
        const { baseline, contributions } = await explain(record, options)
        const sum = Object.values(contributions).reduce((total, one) => total + one, baseline)
        assert.ok(Math.abs(sum - tangled(record)) < 1e-9)
        assert.equal(contributions['d'], 0)
        assert.deepEqual((await explain(record, options)).contributions, contributions)
      },
    ),
    { numRuns: repetitions(200), seed: 1 },
  )
})

test('a sum is told exactly, whatever the orders', async () => {
  const background = [
    { a: 0, b: 0, c: 0, d: 0 },
    { a: 2, b: 4, c: 6, d: 8 },
  ]
  const sum: Model = ({ a, b, c, d }) => a + 2 * b - c + d / 2
  const { baseline, contributions, standardErrors } = await explain(
    { a: 5, b: 5, c: 5, d: 5 },
    { predict: asked(sum), background, fields, seed: 7, pairs: 3 },
  )
  assert.equal(baseline, 4)
  assert.deepEqual(contributions, { a: 4, b: 6, c: -2, d: 0.5 })
  assert.ok((standardErrors['a'] ?? 0) > 0)
})

test('of a linear model, what a field adds is its weight times how far its value is from the background’s mean, to 1e-6', async () => {
  const next = random(5)
  const row = (): Row => ({ a: next() * 20 - 10, b: next() * 3, c: next() < 0.5 ? 1 : 0, d: next() * 400 })
  const values = (one: Row) => fields.map((name) => one[name])
  // Fitted to a target that is not linear: what it learns is, whatever that was.
  const seen = Array.from({ length: 60 }, row)
  const linear = fitLinear(seen.map(values), seen.map(tangled))
  for (let round = 0; round < repetitions(50); round += 1) {
    const [record, background] = [row(), Array.from({ length: 1 + Math.floor(next() * 24) }, row)]
    const predict = (rows: readonly Row[]) => rows.map((one) => predictLinear(linear, values(one)))
    const { baseline, contributions } = await explain(record, { predict, background, fields, seed: round })
    fields.forEach((name, at) => {
      const mean = background.reduce((sum, one) => sum + one[name], 0) / background.length
      const expected = (linear.weights[at] as number) * (record[name] - mean)
      assert.ok(Math.abs((contributions[name] as number) - expected) < 1e-6, `${name}: ${contributions[name]}`)
    })
    const sum = Object.values(contributions).reduce((total, one) => total + one, baseline)
    assert.ok(Math.abs(sum - (predict([record])[0] as number)) < 1e-6)
  }
})

test('contributions to a bundle’s prediction add up to it minus the baseline, to 1e-6', async () => {
  await using folder = await temporaryFolder()
  const bundle = join(folder.path, 'bundle')
  await untrainedBundle(bundle)
  const { predict, dispose } = await loadBundle(bundle, { evaluator: evaluateDirectly })
  const background = [5, 15, 25].map((temperature_c) => ({ ...exampleRecord, temperature_c, promotion: true }))
  for (const rain_mm of [0, 0.4, 12]) {
    const record = { ...exampleRecord, rain_mm }
    const options = { predict, background, fields: Object.keys(exampleRecord), seed: 1 }
    const { baseline, contributions } = await explain(record, options)
    const sum = Object.values(contributions).reduce((total, one) => total + one, 0)
    assert.ok(Math.abs(sum - ((predict([record])[0] as number) - baseline)) < 1e-6)
    assert.ok(Object.values(contributions).some((one) => Math.abs(one) > 1e-3))
  }
  dispose()
})

test('sampled values are the ones of the definition, up to the error that they tell', async () => {
  const next = random(3)
  const row = (): Row => ({ a: next() * 10, b: next() * 10, c: next() * 10, d: next() })
  let [outside, all] = [0, 0]
  for (let round = 0; round < repetitions(40); round += 1) {
    const [record, background] = [row(), Array.from({ length: 12 }, row)]
    const options = { predict: asked(tangled), background, fields, seed: round, pairs: 8 }
    const { contributions, standardErrors } = await explain(record, options)
    byDefinition(tangled, record, background).forEach((expected, at) => {
      const name = fields[at] as string
      const off = Math.abs((contributions[name] as number) - expected)
      all += 1
      // The background is the same for all: only the orders are drawn, so this bound is wide.
      if (off > 3 * (standardErrors[name] as number) + 1e-9) outside += 1
    })
  }
  assert.ok(outside <= all * 0.02, `${outside} of ${all}`)
})

test('it asks for as many predictions as it says', async () => {
  const background = Array.from({ length: 6 }, (_, a) => ({ a, b: 1, c: 2, d: 3 }))
  let count = 0
  const predict = (rows: readonly Row[]) => {
    count += rows.length
    return rows.map(tangled)
  }
  const { orders } = await explain({ a: 1, b: 1, c: 1, d: 1 }, { predict, background, fields, seed: 1, pairs: 2 })
  assert.equal(orders, 24)
  assert.equal(count, 6 * (2 * 2 * (4 - 1) + 1) + 1)
})
