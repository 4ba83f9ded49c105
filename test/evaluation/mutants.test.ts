import assert from 'node:assert/strict'
import { test } from 'node:test'
import { split } from '../../pipeline/data/split.ts'
import { baselinesHeldOut } from '../../pipeline/evaluation/baseline-held-out.ts'
import { defectsOf } from '../../pipeline/evaluation/defects.ts'
import { type GateResult, type Judged, judge } from '../../pipeline/evaluation/gate.ts'
import { heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import { mae } from '../../pipeline/evaluation/metrics.ts'
import { groupBySlice } from '../../pipeline/evaluation/slices.ts'
import { fitFeatures } from '../../pipeline/features/feature.ts'
import { numeric } from '../../pipeline/features/numeric.ts'
import { random, shuffled } from '../../pipeline/random.ts'
import { features } from '../../pipeline/task/features.ts'
import type { Example, TaskRecord } from '../../pipeline/task/record.ts'
import { repetitions } from '../repetitions.ts'
import { params, policy, smallExamples, trained, trueExamples } from './small-training.ts'

const examples = await smallExamples()
const parts = split(examples, params.split)
const after = parts.validation.at(-1)?.time ?? ''
const baselines = baselinesHeldOut(examples, params.split, after)

/** A model as the gate sees it: its predictions for the held-out records of `from`. */
const judgedOf = (
  digest: string,
  predict: (records: readonly TaskRecord[]) => readonly number[],
  from: readonly Example[] = examples,
): Judged => ({ digest, records: heldOutOf(from, after, (unseen) => predict(unseen.map(({ record }) => record))) })

const good = await trained(examples)
const champion = judgedOf(good.digest, good.predict)

/** What the gate says of a candidate, as the first model and against the unmutated one; `from` is what its tree ingests. */
function gates(candidate: Judged, from: readonly Example[] = examples) {
  const defects = defectsOf(from, after, policy.seed)
  const against = (other: Judged | null) =>
    judge({ candidate, champion: other, baselines, unit: 'units', defects }, policy)
  return { first: against(null), second: against(champion) }
}

function assertFails({ first, second }: { first: GateResult; second: GateResult }, named: RegExp): void {
  assert.equal(first.result, 'fail', first.reasons.join('\n'))
  assert.equal(second.result, 'fail', second.reasons.join('\n'))
  assert.match(first.reasons.join('\n'), named)
  assert.match(second.reasons.join('\n'), named)
}

test('the unmutated model passes as the first one', () => {
  const { first } = gates(champion)
  assert.equal(first.result, 'pass', first.reasons.join('\n'))
})

test('the unmutated model, trained again with the same seed, is unchanged', async () => {
  const again = await trained(examples)
  assert.equal(gates(judgedOf(again.digest, again.predict)).second.result, 'unchanged')
})

test('shuffled target: fails, and is named', async () => {
  const order = shuffled(examples.length, random(3))
  const mutant = await trained(
    examples.map((example, index) => ({ ...example, target: examples[order[index] as number]?.target ?? 0 })),
  )
  assertFails(
    gates(judgedOf('sha256:shuffled', mutant.predict)),
    /do not follow what happened .* targets that belong to other records/,
  )
})

test('swapped columns: fails', () => {
  // As when features were listed in another order where the model is used: each column is where its neighbour was.
  const swap = (row: Float32Array) =>
    row.map((_, column) => row[column % 2 === 0 ? column + 1 : column - 1] ?? (row[column] as number))
  assertFails(gates(judgedOf('sha256:swapped', (records) => good.predict(records, good.fitted, swap))), /worse than/)
})

test('stale scaler: features fitted on another time fail, and the shift is named', () => {
  const winter = parts.train.filter(({ time }) => ['12', '01', '02'].includes(time.slice(5, 7)))
  const stale = fitFeatures(
    features,
    winter.map(({ record }) => record),
  )
  assertFails(
    gates(judgedOf('sha256:stale', (records) => good.predict(records, stale))),
    /Most of the error is one way: .* features that were fitted on other data/,
  )
})

test('constant output: fails, and is named', () => {
  const level = parts.train.reduce((sum, { target }) => sum + target, 0) / parts.train.length
  assertFails(gates(judgedOf('sha256:constant', (records) => records.map(() => level))), /the same for every record/)
})

test('leaked target: looks better than the champion, is worse when served, and fails as leakage', async () => {
  const leaky = examples.map((example) => ({
    ...example,
    record: { ...example.record, recent_units_sold: [...example.record.recent_units_sold.slice(1), example.target] },
  }))
  const last = numeric<TaskRecord>('last sales', ({ recent_units_sold: recent }) => Math.log1p(recent.at(-1) ?? 0))
  const mutant = await trained(leaky, params.seed, [...features, last])
  const seen = judgedOf('sha256:leaked', mutant.predict, leaky)
  const served = judgedOf('sha256:leaked', mutant.predict)
  assert.ok(mae(seen.records) < 0.5 * mae(champion.records), `${mae(seen.records)}`)
  assert.ok(mae(served.records) > 1.5 * mae(champion.records), `${mae(served.records)}`)
  const judged = gates(seen, leaky)
  assertFails(judged, /Leakage: recent_units_sold ends with units_sold of the very day/)
  assertFails(judged, /Leakage: recent_units_sold\[-1\] alone tells the target/)
})

test('off-by-one history: fails, and is named', async () => {
  const before = new Map(examples.map((example) => [example.key, example]))
  const stale = examples.flatMap((example) => {
    const day = new Date(Date.parse(example.time) - 86_400_000).toISOString().slice(0, 10)
    const other = before.get(`${example.record.shop}|${day}`)?.record
    if (!other) return []
    const { recent_units_sold, recent_temperature_c } = other
    return [{ ...example, record: { ...example.record, recent_units_sold, recent_temperature_c } }]
  })
  const mutant = await trained(stale)
  const judged = gates(judgedOf('sha256:off-by-one', mutant.predict, stale), stale)
  assertFails(judged, /The history is off by one day: recent_units_sold ends with units_sold of 2 days before/)
  assertFails(judged, /recent_temperature_c ends with temperature_c of 2 days before/)
})

const seeds = repetitions(1)

// What is stated: an interval of 95 % errs on each side in 2.5 %, for all records and for all slices together, so a model that is no worse than the tolerances fails
// in at most 1 − confidence. Another seed may well make a worse model: of each that failed, ten years that the gate has not seen tell whether it is.
test('the unmutated model, trained with other seeds, does not fail where it is no worse', async (t) => {
  const counts = new Map<string, number>()
  const wrongly: string[] = []
  let truth: readonly Example[] | undefined
  for (let seed = 2; seed < 2 + seeds; seed++) {
    const other = await trained(examples, seed)
    const { result, reasons } = gates(judgedOf(other.digest, other.predict)).second
    counts.set(result, (counts.get(result) ?? 0) + 1)
    if (result !== 'fail') continue
    truth ??= await trueExamples(after)
    if (isNoWorse(judgedOf('', other.predict, truth), judgedOf('', good.predict, truth)))
      wrongly.push(`seed ${seed}: ${reasons[0]}`)
  }
  t.diagnostic(`${seeds} seeds: ${JSON.stringify(Object.fromEntries(counts))}, failed wrongly: ${wrongly.length}`)
  assert.ok(wrongly.length <= Math.floor((1 - policy.confidence) * seeds), wrongly.join('\n'))
})

/** Whether a model is within both tolerances of another, taking the errors as they are. */
function isNoWorse({ records }: Judged, { records: others }: Judged): boolean {
  const percent = (rows: readonly number[]) => {
    const of = (from: Judged['records']) => mae(rows.map((row) => from[row] as (typeof from)[0]))
    return 100 * (of(records) / of(others) - 1)
  }
  const slices = groupBySlice(records).map(({ rows }) => percent(rows))
  return (
    percent([...records.keys()]) <= policy.tolerance_percent && Math.max(...slices) <= policy.slice_tolerance_percent
  )
}
