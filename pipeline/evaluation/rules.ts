import type { Metric } from '../metric.ts'
import type { Comparison, Policy } from './gate.ts'
import type { SliceResult } from './slices.ts'
import { amount, moreOrLess, percent, setting, span, whole } from './wording.ts'

/** What one rule found, in a sentence that gives the numbers and, when it is no pass, what to do. */
export type Ruling = { readonly result: 'pass' | 'fail' | 'inconclusive'; readonly reason: string }

/** What sentences say of the held-out records. */
export type Scene = {
  readonly metric: Metric
  readonly records: number
  readonly days: number
  readonly policy: Policy
}

/**
 * The candidate may be worse than the champion by at most the tolerance: a test of non-inferiority (CPMP/EWP/482/99; Wellek, Testing Statistical
 * Hypotheses of Equivalence and Noninferiority, 2010). All of the interval below passes, all above fails, and one that holds the tolerance says nothing.
 */
export function againstChampion({ candidate, other, relative }: Comparison, scene: Scene): Ruling {
  const { tolerance_percent: tolerance } = scene.policy
  const said = `The candidate's ${scene.metric.name} of ${measured(candidate, scene)} is ${moreOrLess(relative.estimate)} the champion's ${amount(other)} (${confidence(scene)} interval ${span(relative, percent)})`
  const allowed = `the tolerance of ${setting(tolerance)}`
  if (relative.high <= tolerance) return pass(`${said}: no worse than ${allowed} allows.`)
  if (relative.low > tolerance) {
    return fail(
      `${said}: worse than ${allowed} allows. Improve the model, or, if the loss is wanted for another gain, raise evaluate_gate.tolerance_percent in params.yaml.`,
    )
  }
  return inconclusive(
    `${said}: that spans ${percent(relative.high - relative.low)} and holds ${allowed}, so ${evidence(scene)} cannot tell. ${moreData(relative, tolerance, scene)}`,
  )
}

/** A candidate must beat each baseline when there is no champion; when there is one, it must not be worse than a baseline. */
export function againstBaseline(
  { against, candidate, other, difference }: Comparison,
  mustBeat: boolean,
  scene: Scene,
): Ruling {
  const said = `The candidate's ${scene.metric.name} of ${measured(candidate, scene)} against ${amount(other)} of the ${against} baseline: a difference of ${amount(difference.estimate)} (${confidence(scene)} interval ${measured(span(difference, amount), scene)})`
  if (difference.high < 0) return pass(`${said}, so it is better.`)
  if (difference.low > 0) {
    return fail(
      `${said}, so it is worse than a baseline that learns less. Look for wrong targets, features or training parameters before anything else.`,
    )
  }
  if (!mustBeat) return pass(`${said}, so it is not worse; nor is it shown to be better.`)
  return inconclusive(
    `${said}, so ${evidence(scene)} do not show that it is better, which the first model must. ${moreData(difference, 0, scene)}`,
  )
}

/** A gate that fails says why in a few sentences: the worst slices, and how many more. */
const SLICES_TOLD = 3

/** A slice may be worse than under the champion by at most its own tolerance. Only a clear failure counts: most slices are too small for more. */
export function onSlices(slices: readonly SliceResult[], scene: Scene): readonly Ruling[] {
  const { slice_tolerance_percent: tolerance } = scene.policy
  const judged = slices.filter(({ judged }) => judged)
  const failed = judged.filter(({ relative }) => relative !== undefined && relative.low > tolerance)
  if (judged.length > 0 && failed.length === 0) {
    return [pass(`None of ${whole(judged.length)} slices is shown to be worse by more than ${setting(tolerance)}.`)]
  }
  const worst = failed.toSorted((a, b) => (b.relative?.estimate ?? 0) - (a.relative?.estimate ?? 0))
  const more = failed.length - SLICES_TOLD
  const others =
    more > 0
      ? [
          fail(
            `${whole(more)} more of ${whole(judged.length)} slices are worse by more than ${setting(tolerance)}; the table has them all.`,
          ),
        ]
      : []
  const told = worst
    .slice(0, SLICES_TOLD)
    .map(({ slice, value, records, candidate, champion = Number.NaN, relative }) =>
      fail(
        `On the ${whole(records)} records with ${slice} = ${value} the candidate's ${scene.metric.name} of ${measured(candidate, scene)} is ${moreOrLess(relative?.estimate ?? 0)} the champion's ${amount(champion)} (interval ${relative ? span(relative, percent) : ''}, at the confidence of one slice among ${judged.length}): worse than the tolerance of ${setting(tolerance)} for a slice. Look at what these records have that the others have not.`,
      ),
    )
  return [...told, ...others]
}

/** An interval narrows with the square root of the days, or of the groups where these are drawn. */
function moreData({ estimate, high }: { estimate: number; high: number }, limit: number, { days, policy }: Scene) {
  const factor = ((high - estimate) / (limit - estimate)) ** 2
  if (estimate >= limit) return 'Improve the model: with more data it would rather fail than pass.'
  if (factor > 20) return 'Improve the model: no amount of data that is likely to be had would tell.'
  const much =
    policy.block_by === undefined
      ? `about ${whole(Math.ceil(days * factor))} days (train.split.test_days in params.yaml)`
      : `about ${amount(factor)} times as many groups of ${policy.block_by}`
  return `Improve the model, or hold out more data: ${much} would do if the error stays as it is.`
}

const confidence = ({ policy }: Scene) => setting(100 * policy.confidence)
/** With the unit, where the metric has one. */
const measured = (value: number | string, { metric }: Scene) =>
  `${typeof value === 'number' ? amount(value) : value} ${metric.unit}`.trimEnd()
const evidence = ({ records, days }: Scene) => `${whole(records)} records of ${whole(days)} days`
const pass = (reason: string): Ruling => ({ result: 'pass', reason })
const fail = (reason: string): Ruling => ({ result: 'fail', reason })
const inconclusive = (reason: string): Ruling => ({ result: 'inconclusive', reason })
