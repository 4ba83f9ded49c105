import type { Params } from '../params.ts'
import type { Epoch } from '../training/algorithms/algorithm.ts'
import { type Calibration, calibration } from './calibration.ts'
import { type Change, missingFields, noisyFields, permutationImportance } from './changed-fields.ts'
import { type Attributes, fairness, type GroupGap } from './fairness.ts'
import { type Both, errorsOf, type Fitting, fitting } from './fitting.ts'
import type { HeldOut } from './held-out.ts'
import { largestResiduals, type Residual } from './largest-residuals.ts'
import { type Look, ownErrors, type Predict, thinned } from './look.ts'
import { type Dependence, partialDependence } from './partial-dependence.ts'
import { type Segment, segments } from './segments.ts'
import { type Shapley, shapley } from './shapley.ts'
import { type WorstSlice, worstSlice } from './worst-slice.ts'

type Policy = Params['evaluate_gate']
export type Rules = NonNullable<Policy['rules']>

/** What a look deeper than at means has found: plain data, every number is finite. */
export type Depth = {
  /** Absent where no group has enough records. */
  readonly worstSlice?: WorstSlice
  /** Whose errors the worst slice is compared with. */
  readonly against: string
  readonly groups: readonly GroupGap[]
  readonly noise: { readonly share: number; readonly fields: readonly Change[] }
  readonly missing: readonly Change[]
  readonly fitting: Fitting
  readonly calibration: Calibration
  readonly importance: readonly Change[]
  readonly shapley: Shapley
  readonly dependence: readonly Dependence[]
  readonly segments: readonly Segment[]
  readonly residuals: readonly Residual[]
}

export type DepthInput = {
  /** The candidate on held-out records. */
  readonly look: Look
  readonly predict: Predict
  /** What another predicted for the same rows: the champion, or the best baseline. */
  readonly other: { readonly name: string; readonly predictions: readonly number[] }
  /** The candidate's predictions for the records that it was trained on. */
  readonly trained: readonly HeldOut[]
  /** The linear baseline's for the same records and rows. */
  readonly linear: Both
  /** The candidate's learning curve; empty where it has none. */
  readonly history: readonly Epoch[]
  /** The groups of the task's attributes. */
  readonly attributes: Attributes
  readonly policy: Policy
}

/** Predictions of more records than these would take long and tell little more. */
const mostRows = 10_000

/** Looks deeper than at means: also at what the policy has no rule for. */
export async function depthOf(input: DepthInput): Promise<Depth> {
  const { look, predict, other, trained, linear, history, attributes, policy } = input
  const { rules = {}, slice_min_records: least } = policy
  const { metric } = look
  const few = thinned(look, mostRows)
  const share = rules.robustness?.noise_share ?? 0.1
  const others = look.rows.map(({ actual }, row) =>
    metric.of({ actual, prediction: other.predictions[row] ?? Number.NaN }),
  )
  const errors = errorsOf({ trained, held: look.rows }, linear, metric, policy)
  const worst = worstSlice(look, ownErrors(look), others, rules.worst_slice?.min_records ?? least)
  return {
    ...(worst ? { worstSlice: worst } : {}),
    against: other.name,
    groups: fairness(look, attributes, {
      minRecords: rules.fairness?.min_records ?? least,
      perTarget: rules.fairness?.per_target ?? false,
    }),
    noise: { share, fields: await noisyFields(few, predict, share) },
    missing: await missingFields(few, predict),
    fitting: fitting(history, errors, rules.overfitting?.tolerance_percent ?? 50),
    calibration: calibration(look),
    importance: await permutationImportance(few, predict),
    shapley: await shapley(look, predict),
    dependence: await partialDependence(look, predict),
    segments: segments(look),
    residuals: largestResiduals(look),
  }
}
