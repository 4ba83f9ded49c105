import type { Interval } from './bootstrap.ts'
import type { Change } from './changed-fields.ts'
import type { Depth, Rules } from './depth.ts'
import { saidOfEnough } from './drawn.ts'
import type { Ruling, Scene } from './rules.ts'
import { amount, moreOrLess, percent, setting, span, whole } from './wording.ts'

type RuleOf<Name extends keyof Rules> = NonNullable<Rules[Name]>

/**
 * Rulings of the rules that `evaluate_gate.rules` has. A figure passes when all of its interval is within its limit, fails when all of it is beyond, and is inconclusive
 * when it holds the limit, or when there are too few records for a figure. Without a look there are too few for all of them.
 */
export function deepRulings(depth: Depth | undefined, scene: Scene): readonly Ruling[] {
  const { rules = {} } = scene.policy
  if (!depth) {
    return Object.keys(rules).map((name) =>
      inconclusive(`There are too few held-out records for evaluate_gate.rules.${name}. Hold out more data.`),
    )
  }
  const { worst_slice, fairness, robustness, overfitting, calibration } = rules
  return [
    ...(worst_slice ? onWorstSlice(depth, worst_slice, scene) : []),
    ...(fairness ? onFairness(depth, fairness, scene) : []),
    ...(robustness ? onRobustness(depth, robustness) : []),
    ...(overfitting ? onOverfitting(depth, overfitting, scene) : []),
    ...(calibration ? onCalibration(depth, calibration) : []),
  ]
}

/** As for slices, only a clear failure counts: most groups are too small for more. */
function onWorstSlice(
  { worstSlice, against }: Depth,
  { tolerance_percent: limit, min_records: least }: RuleOf<'worst_slice'>,
  { metric, policy }: Scene,
): readonly Ruling[] {
  if (!worstSlice) {
    const reason = `No group of held-out records has ${whole(least)} of them ${saidOfEnough(policy)}, so the worst slice cannot be searched for. Hold out more data, or lower evaluate_gate.rules.worst_slice.min_records in params.yaml.`
    return [inconclusive(reason)]
  }
  const { name, records, searched, own, other, relative } = worstSlice
  const found = `of ${whole(searched)} groups searched it is the ${whole(records)} records with ${name}, where the candidate's ${metric.name} of ${amount(own)} is ${moreOrLess(relative.estimate)} the ${against}'s ${amount(other)} (interval ${span(relative, percent)}, for all groups together)`
  if (relative.low <= limit) return [pass(`Worst slice: ${found}; not shown to be worse than ${setting(limit)}.`)]
  return [
    fail(
      `Worst slice: ${found}: worse than the ${setting(limit)} that evaluate_gate.rules.worst_slice allows. Look at what these records have that the others have not.`,
    ),
  ]
}

function onFairness(
  { groups }: Depth,
  { error_percent, bias_percent, min_records }: RuleOf<'fairness'>,
  { policy }: Scene,
): readonly Ruling[] {
  if (groups.length === 0) {
    const reason =
      'Fairness: pipeline/task/judge.ts declares no attributes. Declare them, or take evaluate_gate.rules.fairness out of params.yaml.'
    return [inconclusive(reason)]
  }
  const rulings = groups.flatMap(({ attribute, group, records, errorGap, biasGap }) => {
    const name = `${attribute} = ${group}`
    if (!errorGap || !biasGap) {
      const reason = `Fairness: of ${name} there are ${whole(records)} held-out records, and ${whole(min_records)} must be on both sides, ${saidOfEnough(policy)}, to tell (evaluate_gate.rules.fairness.min_records). Hold out more data, or declare it together with another group.`
      return [inconclusive(reason)]
    }
    return [
      within(
        `Fairness: the error on ${name} is ${moreOrLess(errorGap.estimate)} that on all others`,
        errorGap,
        { high: error_percent },
        'fairness.error_percent',
      ),
      within(
        `Fairness: ${name} is predicted ${percent(Math.abs(biasGap.estimate))} too ${biasGap.estimate < 0 ? 'low' : 'high'} in comparison with all others`,
        biasGap,
        { low: -bias_percent, high: bias_percent },
        'fairness.bias_percent',
      ),
    ]
  })
  const well = `Fairness: none of ${whole(groups.length)} groups has an error more than ${setting(error_percent)} above the others', or is predicted more than ${setting(bias_percent)} too high or too low.`
  return told(rulings, well)
}

function onRobustness(
  { noise, missing }: Depth,
  { noise_percent, missing_percent }: RuleOf<'robustness'>,
): readonly Ruling[] {
  const rulings = (changes: readonly Change[], what: (field: string) => string, high: number, key: string) =>
    changes.map(({ field, relative }) =>
      within(
        `Robustness: with ${what(field)} the error is ${moreOrLess(relative.estimate)} it was`,
        relative,
        { high },
        `robustness.${key}`,
      ),
    )
  const size = `${setting(100 * noise.share)} of its spread as noise on`
  const all = [
    ...rulings(noise.fields, (field) => `${size} ${field}`, noise_percent, 'noise_percent'),
    ...rulings(missing, (field) => `${field} missing`, missing_percent, 'missing_percent'),
  ]
  const well = `Robustness: ${setting(100 * noise.share)} of its spread as noise on a field raises the error by no more than ${setting(noise_percent)}, and no missing field by more than ${setting(missing_percent)}.`
  return told(all, well)
}

function onOverfitting(
  { fitting }: Depth,
  { tolerance_percent: high }: RuleOf<'overfitting'>,
  { metric }: Scene,
): readonly Ruling[] {
  const { train, test, gap } = fitting
  const name = gap.low > high ? 'Overfitting' : 'Fit'
  const said = `${name}: the candidate's ${metric.name} of ${amount(test)} on held-out records and of ${amount(train)} on those that it was trained on are ${percent(gap.estimate)} further apart than the linear baseline's`
  return [within(said, gap, { high }, 'overfitting.tolerance_percent')]
}

function onCalibration(
  { calibration: { slope, level } }: Depth,
  { slope_tolerance, level_percent }: RuleOf<'calibration'>,
): readonly Ruling[] {
  return [
    within(
      `Calibration: where a unit more is predicted, ${slope.estimate.toFixed(3)} more happens`,
      slope,
      { low: 1 - slope_tolerance, high: 1 + slope_tolerance },
      'calibration.slope_tolerance',
      (value) => value.toFixed(3),
    ),
    within(
      `Calibration: predictions are ${percent(Math.abs(level.estimate))} too ${level.estimate < 0 ? 'low' : 'high'} on average`,
      level,
      { low: -level_percent, high: level_percent },
      'calibration.level_percent',
    ),
  ]
}

/** A figure and its interval against what a rule allows. */
function within(
  said: string,
  interval: Interval,
  { low = Number.NEGATIVE_INFINITY, high }: { readonly low?: number; readonly high: number },
  key: string,
  format: (value: number) => string = percent,
): Ruling {
  const sentence = `${said} (interval ${span(interval, format)})`
  const limit = Number.isFinite(low) ? `${format(low)} to ${format(high)}` : `at most ${format(high)}`
  const allowed = `${limit} (evaluate_gate.rules.${key})`
  if (interval.low > high || interval.high < low) return fail(`${sentence}, and may be ${allowed}.`)
  if (interval.low >= low && interval.high <= high) return pass(`${sentence}, within ${allowed}.`)
  return inconclusive(
    `${sentence}, and may be ${allowed}, which that interval cannot tell. Hold out more data, or improve the model.`,
  )
}

/** One sentence where all is well, else those that are not. */
function told(rulings: readonly Ruling[], well: string): readonly Ruling[] {
  const others = rulings.filter(({ result }) => result !== 'pass')
  return others.length > 0 ? others : [pass(well)]
}

const pass = (reason: string): Ruling => ({ result: 'pass', reason })
const fail = (reason: string): Ruling => ({ result: 'fail', reason })
const inconclusive = (reason: string): Ruling => ({ result: 'inconclusive', reason })
