import assert from 'node:assert/strict'
import { test } from 'node:test'
import { depthOf } from '../../pipeline/evaluation/depth.ts'
import { judge } from '../../pipeline/evaluation/gate.ts'
import type { Row } from '../../pipeline/evaluation/look.ts'
import { random } from '../../pipeline/random.ts'
import { type Known, knownLook, predictor, truth } from './known-look.ts'
import { policy as plain } from './synthetic.ts'

const rules = {
  worst_slice: { tolerance_percent: 30, min_records: 100 },
  fairness: { error_percent: 40, bias_percent: 2, per_target: false, min_records: 100 },
  robustness: { noise_share: 0.1, noise_percent: 100, missing_percent: 5000 },
  overfitting: { tolerance_percent: 40 },
  calibration: { slope_tolerance: 0.1, level_percent: 2 },
}
const policy = { ...plain, resamples: 400, tolerance_percent: 50, slice_tolerance_percent: 200, rules }

type Planted = {
  readonly predict?: (record: Known) => number
  /** What the candidate says of the records that it was trained on. */
  readonly learnt?: (row: Row) => number
  readonly champion?: (record: Known) => number
  readonly rules?: Partial<typeof rules>
}

/** The gate on a candidate with something planted, against a champion that knows the truth but for a little. */
async function gateOn({ predict = truth, learnt, champion = (record) => truth(record) + 0.2, ...other }: Planted) {
  const look = knownLook(predict)
  const record = (row: Row) => row.record as unknown as Known
  const before = knownLook(predict, () => 1, 2).rows.map((row) => ({
    ...row,
    time: `${Number(row.time.slice(0, 4)) - 1}${row.time.slice(4)}`,
  }))
  const linear = (rows: readonly Row[]) => rows.map((row) => ({ ...row, prediction: 100 }))
  const own = { ...policy, rules: other.rules ?? rules }
  const depth = await depthOf({
    look,
    predict: predictor(predict),
    other: { name: 'champion', predictions: look.rows.map((row) => champion(record(row))) },
    trained: learnt ? before.map((row) => ({ ...row, prediction: learnt(row) })) : before,
    linear: { trained: linear(before), held: linear(look.rows) },
    history: [],
    attributes: { member: look.rows.map((row) => String(record(row).member)) },
    policy: own,
  })
  const judged = look.rows.map((row) => ({ ...row, prediction: champion(record(row)) }))
  return judge(
    {
      candidate: { digest: 'a', records: look.rows },
      champion: { digest: 'b', records: judged },
      baselines: [],
      unit: 'units',
      depth,
    },
    own,
  )
}

async function assertNamed(planted: Planted, named: RegExp): Promise<void> {
  const { result, reasons } = await gateOn(planted)
  assert.equal(result, 'fail', reasons.join('\n'))
  assert.match(reasons[0] ?? '', named)
}

test('nothing planted: passes, with a sentence for each rule', async () => {
  const { result, reasons } = await gateOn({})
  assert.equal(result, 'pass', reasons.join('\n'))
  for (const rule of ['Worst slice', 'Fairness', 'Robustness', 'Fit', 'Calibration'])
    assert.ok(
      reasons.some((reason) => reason.startsWith(`${rule}: `)),
      rule,
    )
})

test('a slice that nobody declared is found and named', () =>
  assertNamed(
    {
      predict: (record) => truth(record) + (record.shop === 'b' && record.x > 1 ? (record.idle < 0.5 ? 3 : -3) : 0),
      rules: { worst_slice: rules.worst_slice },
    },
    /^Worst slice: .* records with shop = b and x ≥ \d.*: worse than the 30 %/,
  ))

test('a group that is served worse, and one that is predicted too low, are named', async () => {
  await assertNamed(
    {
      predict: (record) => truth(record) + (record.member ? (record.idle < 0.5 ? 1.5 : -1.5) : 0),
      rules: { fairness: rules.fairness },
    },
    /^Fairness: the error on member = true is \d.* more than that on all others .* \(evaluate_gate\.rules\.fairness\.error_percent\)/,
  )
  await assertNamed(
    {
      predict: (record) => truth(record) + (record.member ? -1.4 : 1.4),
      champion: (record) => truth(record) + 1.5,
      rules: { fairness: rules.fairness },
    },
    /^Fairness: member = false is predicted 2\.\d % too high in comparison with all others/,
  )
})

test('a model that a little noise on one field throws is found, and so is one that hangs on one field', async () => {
  // Right where it knows the very number.
  const known = new Set(knownLook().rows.map(({ record }) => record['idle']))
  const exact = (record: Known) => truth(record) + (known.has(record.idle) ? 0 : 20)
  await assertNamed(
    { predict: exact, rules: { robustness: rules.robustness } },
    /^Robustness: with 10 % of its spread as noise on idle the error is [\d,]+ % more than it was/,
  )
  await assertNamed(
    { rules: { robustness: { ...rules.robustness, missing_percent: 500 } } },
    /^Robustness: with x missing the error is [\d,]+ % more than it was .* \(evaluate_gate\.rules\.robustness\.missing_percent\)/,
  )
})

test('a model that knows by heart what it was trained on is overfitted', () => {
  const next = random(7)
  return assertNamed(
    { learnt: ({ actual }) => actual + 0.1 * next(), rules: { overfitting: rules.overfitting } },
    /^Overfitting: the candidate's MAE of 0\.\d+ on held-out records and of 0\.0\d+ on those that it was trained on/,
  )
})

test('predictions that go too far, or are too high, are not calibrated', async () => {
  const only = { calibration: rules.calibration }
  await assertNamed(
    { predict: (record) => truth(record) + 2 * record.x, champion: (record) => truth(record) + 3, rules: only },
    /^Calibration: where a unit more is predicted, 0\.8\d+ more happens/,
  )
  await assertNamed(
    { predict: (record) => truth(record) + 3, champion: (record) => truth(record) - 3, rules: only },
    /^Calibration: predictions are 3\.\d % too high on average .*\(evaluate_gate\.rules\.calibration\.level_percent\)/,
  )
})

test('what cannot be told is inconclusive, and never passes', async () => {
  const few = { ...rules.fairness, min_records: 5000 }
  const unsure = await gateOn({ rules: { fairness: few } })
  assert.equal(unsure.result, 'inconclusive')
  assert.match(
    unsure.reasons[0] ?? '',
    /^Fairness: of member = false there are [\d,]+ held-out records, and 5,000 must be on both sides, on 20 days, to tell/,
  )
  const none = await gateOn({ rules: { worst_slice: { ...rules.worst_slice, min_records: 5000 } } })
  assert.equal(none.result, 'inconclusive')
  const near = await gateOn({ rules: { calibration: { slope_tolerance: 0.002, level_percent: 10 } } })
  assert.equal(near.result, 'inconclusive')
  assert.match(near.reasons[0] ?? '', /which that interval cannot tell/)
  const { rows } = knownLook()
  const [candidate, champion] = ['a', 'b'].map((digest) => ({ digest, records: rows }))
  if (!candidate || !champion) throw new Error('two models')
  const unseen = judge({ candidate, champion, baselines: [], unit: 'units' }, policy)
  assert.equal(unseen.result, 'inconclusive')
  assert.match(unseen.reasons[0] ?? '', /too few held-out records for evaluate_gate\.rules\.worst_slice/)
})
