import { absoluteError, type Metric, type Named } from '../metric.ts'
import type { Params } from '../params.ts'
import type { Interval } from './bootstrap.ts'
import { compare } from './compare.ts'
import { deepRulings } from './deep-rules.ts'
import type { Depth } from './depth.ts'
import type { HeldOut } from './held-out.ts'
import { match, type Predictions, type TellKey, tellKey } from './match.ts'
import { onRefit, type Refit, type Refitted } from './refit.ts'
import { againstBaseline, againstChampion, onSlices, type Ruling, type Scene } from './rules.ts'
import type { SliceResult } from './slices.ts'
import { isConstant, symptoms } from './symptoms.ts'
import { percent, setting, whole } from './wording.ts'

export type Policy = Params['evaluate_gate']

/** A model's predictions for the held-out records: those after the `until` of every model's training window. */
export type Judged = {
  readonly digest: string
  readonly records: readonly HeldOut[]
  /** Where another fit of it ships than the one whose predictions these are. */
  readonly refit?: Refit
}

export type GateInput = {
  readonly candidate: Judged
  /** What ships in the candidate's place predicts for its records, which it has learnt from; with a refit of the candidate. */
  readonly shipped?: readonly HeldOut[]
  /** The model that production runs; null for the first model ever. */
  readonly champion: Judged | null
  readonly baselines: readonly Predictions[]
  /** Of the target, as in the task's `target.unit`. */
  readonly unit: string
  /** What models are judged by: the absolute error unless the task says another one. */
  readonly metric?: Metric
  /** What is wrong with the held-out records themselves (`defects.ts`), a sentence each: no figure made of such records counts. */
  readonly defects?: readonly string[]
  /** What a look deeper than at means has found; absent where there are too few records. */
  readonly depth?: Depth
}

export type Scored = {
  readonly name: string
  readonly digest?: string
  /** The mean of the metric. */
  readonly error: Interval
  /** In units of the target. */
  readonly rmse: Interval
  /** Mean of prediction − actual. */
  readonly bias: number
  readonly records: number
}

/** The candidate against one other, by the mean of the metric, in its unit. */
export type Comparison = {
  readonly against: string
  readonly candidate: number
  readonly other: number
  /** Candidate − other: negative when the candidate is better. */
  readonly difference: Interval
  /** The same in percent of the other's. */
  readonly relative: Interval
}

/** Plain data, safe to store as JSON: every number is finite. */
export type GateResult = {
  readonly result: 'pass' | 'fail' | 'inconclusive' | 'unchanged'
  /** Full sentences, those that decided first. */
  readonly reasons: readonly string[]
  /** The models of which another fit ships than the one that was judged; absent where there are none. */
  readonly refits?: readonly Refitted[]
  readonly scored: readonly Scored[]
  readonly comparisons: readonly Comparison[]
  readonly slices: readonly SliceResult[]
  readonly policy: Policy
  readonly heldOut: { readonly from: string; readonly to: string; readonly records: number; readonly days: number }
  /** Of the target. */
  readonly unit: string
  readonly metric: Named
}

// Beyond this, the records left out could decide the comparison; below, they hardly can.
const mostLeftPercent = 1
// Fewer blocks than this make the bootstrap's interval too narrow: test/evaluation/bootstrap.test.ts prints by how much.
const fewestBlocks = 10
const mostNamed = 5

/**
 * Judges a candidate: pure, so the same predictions and policy always give the same result. `unchanged` when the candidate is the champion,
 * which passes; a prediction that is not finite fails, and so do records with a defect, and a model that says the same of all; fewer than ten blocks where days are drawn, or more than 1 % of the records not comparable, are
 * inconclusive. Else the rules of `rules.ts`, `deep-rules.ts` and `refit.ts` apply, and the worst of their results is the gate's. `tell` says keys in sentences.
 */
export function judge(input: GateInput, policy: Policy, tell: TellKey = tellKey): GateResult {
  const refits = (['candidate', 'champion'] as const).flatMap((model) => {
    const refit = input[model]?.refit
    return refit ? [{ model, ...refit }] : []
  })
  return { ...decide(input, policy, tell), ...(refits.length > 0 ? { refits } : {}) }
}

function decide(input: GateInput, policy: Policy, tell: TellKey): GateResult {
  const { candidate, champion, baselines, unit, metric = absoluteError(input.unit), defects = [], depth } = input
  const broken = candidate.records.filter(({ prediction }) => !Number.isFinite(prediction))
  if (broken.length > 0)
    return { result: 'fail', reasons: [notFinite(broken, candidate, tell)], ...nothing(policy, unit, metric) }
  const models = [
    { name: 'candidate', ...candidate },
    ...(champion ? [{ name: 'champion', ...champion }] : []),
    ...baselines,
  ]
  const { records, left, leftPercent } = match(models, tell)
  if (records.length === 0) {
    const reason =
      'There are no held-out records that all models predicted. Wait for data after the last day that any of them was trained on.'
    return { result: 'inconclusive', reasons: [reason, ...left], ...nothing(policy, unit, metric) }
  }
  const compared = compare(records, models, champion !== null, metric, policy)
  const result = { ...compared, policy, unit, metric: told(metric) }
  const notes = left.map((note) => `${note} They were left out of the comparison.`)
  if (candidate.digest === champion?.digest) {
    return {
      result: 'unchanged',
      reasons: ['The candidate is the champion: the same digest, so there is nothing to decide.', ...notes],
      ...result,
    }
  }
  const { days } = compared.heldOut
  const needed = fewestBlocks * policy.block_days
  if (leftPercent > mostLeftPercent) {
    const reason = `${percent(leftPercent)} of the held-out records cannot be compared, more than ${setting(mostLeftPercent)}. All models must see the same records: look at what changed in ingest, or in the data.`
    return { result: 'inconclusive', reasons: [reason, ...left], ...result }
  }
  if (policy.block_by === undefined && days < needed) {
    const reason = `The held-out records span ${whole(days)} days; blocks of ${policy.block_days} days (evaluate_gate.block_days in params.yaml) need at least ${whole(needed)}. Wait for more data after the training of both models, or raise train.split.test_days.`
    return { result: 'inconclusive', reasons: [reason, ...notes], ...result }
  }
  const scene: Scene = { metric, records: records.length, days, policy }
  const rulings = compared.comparisons.map((comparison, index) =>
    champion && index === 0
      ? againstChampion(comparison, scene)
      : againstBaseline(comparison, champion === null, scene),
  )
  const own = records.map(([first]) => first as HeldOut)
  const unusable = [...defects, ...(isConstant(own) ? [constant] : [])].map(
    (reason): Ruling => ({ result: 'fail', reason }),
  )
  const settled = settle(
    [
      ...unusable,
      ...rulings,
      ...onSlices(compared.slices, scene),
      ...deepRulings(depth, scene),
      ...onRefit(candidate.records, input.shipped, scene),
    ],
    notes,
  )
  const signs = settled.result === 'fail' ? symptoms(own, unit) : []
  return { result: settled.result, reasons: [...settled.reasons, ...signs], ...result }
}

const constant =
  'The candidate predicts the same for every record: it has learnt nothing. Look at the training loss, the learning rate and the features.'

/** The worst result decides, and its reasons come first. */
function settle(rulings: readonly Ruling[], notes: readonly string[]): Pick<GateResult, 'result' | 'reasons'> {
  const worst =
    (['fail', 'inconclusive'] as const).find((result) => rulings.some((ruling) => ruling.result === result)) ?? 'pass'
  const [first, rest] = [
    rulings.filter(({ result }) => result === worst),
    rulings.filter(({ result }) => result !== worst),
  ]
  return { result: worst, reasons: [...[...first, ...rest].map(({ reason }) => reason), ...notes] }
}

function notFinite(broken: readonly HeldOut[], { records }: Judged, tell: TellKey): string {
  const named = broken.slice(0, mostNamed).map(({ key, prediction }) => `${tell(key)} (${prediction})`)
  return `${whole(broken.length)} of the candidate's ${whole(records.length)} predictions are not finite numbers: ${named.join(', ')}${broken.length > mostNamed ? ' and more' : ''}. Look at the features of these records; a missing value or a division by zero there is the usual cause.`
}

/** What a result keeps of the metric: it is plain data. */
const told = ({ name, unit }: Metric): Named => ({ name, unit })

function nothing(policy: Policy, unit: string, metric: Metric) {
  const heldOut = { from: '', to: '', records: 0, days: 0 }
  return { scored: [], comparisons: [], slices: [], policy, heldOut, unit, metric: told(metric) }
}
