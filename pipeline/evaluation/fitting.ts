import { type Metric, meanOf } from '../metric.ts'
import type { Epoch } from '../training/algorithms/algorithm.ts'
import { blockBootstrap, type Interval } from './bootstrap.ts'
import { percentMore, sumDaily } from './daily.ts'
import { drawnOf } from './drawn.ts'
import type { Policy } from './gate.ts'
import type { HeldOut } from './held-out.ts'
import { amount, percent, span } from './wording.ts'

export type Fitting = {
  readonly is: 'overfitting' | 'underfitting' | 'fitting'
  /** A clause with its numbers. */
  readonly why: string
  /** Means of the metric on the records that were learnt from, and on held-out ones. */
  readonly train: number
  readonly test: number
  /** How much more the held-out error is, in percent, beyond what it is more for the linear baseline: some times are harder to predict than others. */
  readonly gap: Interval
}

/** Predictions for the records that were learnt from, and for held-out ones. */
export type Both = { readonly trained: readonly HeldOut[]; readonly held: readonly HeldOut[] }

/** What tells of fitting: errors by the metric. */
type Errors = Pick<Fitting, 'train' | 'test' | 'gap'> & { readonly linearTrain: number }

// A validation error that has risen by this much of its best is no wobble of the last epochs.
const risen = 0.05
// The last epoch still gained this much: there was more to gain.
const gaining = 0.01

/** The errors in training and after it of a model and of the linear baseline on the same records, and how much further apart the model's are: all of the same resampled days, or groups. */
export function errorsOf(own: Both, linear: Both, metric: Metric, policy: Policy): Errors {
  const { days, options } = drawnOf([...own.trained, ...own.held], policy)
  const first = own.trained.length
  const parts = [[...own.trained.keys()], [...own.held.keys()].map((row) => row + first)]
  const errorOf = ({ trained, held }: Both) => Float64Array.from([...trained, ...held], (record) => metric.of(record))
  const columns = [errorOf(own), errorOf(linear)].flatMap((errors) =>
    parts.map((rows) => sumDaily(days, rows, (row) => errors[row] as number)),
  )
  return {
    train: meanOf(metric.of, own.trained),
    test: meanOf(metric.of, own.held),
    linearTrain: meanOf(metric.of, linear.trained),
    // The numbers of records are the same above and below, and cancel out.
    gap: blockBootstrap(columns, ([a = 0, b = 0, c = 0, d = 0]) => percentMore(b * c, a * d), options),
  }
}

/**
 * Names over- and underfitting. Overfitting: the gap of held-out and training error is more than `tolerancePercent`, with its whole interval, or the
 * validation error rose by 5 % after its best epoch while the training loss went on falling. Underfitting: the training error is no better than that of the linear baseline on the
 * same records, or the best epoch is the last and still gained 1 % on the one before. (Goodfellow, Bengio & Courville 2016, "Deep Learning", 5.2 and 7.8.)
 */
export function fitting(history: readonly Epoch[], errors: Errors, tolerancePercent: number): Fitting {
  const { train, test, linearTrain, gap } = errors
  const named = (is: Fitting['is'], why: string): Fitting => ({ is, why, train, test, gap })
  if (gap.low > tolerancePercent) {
    return named(
      'overfitting',
      `the held-out error of ${amount(test)} against ${amount(train)} in training: ${percent(gap.estimate)} further apart than the linear baseline's (interval ${span(gap, percent)})`,
    )
  }
  if (train >= linearTrain) {
    return named(
      'underfitting',
      `the training error of ${amount(train)} is no better than the ${amount(linearTrain)} of a linear model on the same records`,
    )
  }
  const best = history.reduce<Epoch | undefined>(
    (least, point) => (least && least.validationError <= point.validationError ? least : point),
    undefined,
  )
  const [before, last] = [history.at(-2), history.at(-1)]
  if (best && last && last.validationError > best.validationError * (1 + risen) && last.loss < best.loss) {
    return named(
      'overfitting',
      `the validation error rose from ${amount(best.validationError)} in epoch ${best.epoch} to ${amount(last.validationError)} in epoch ${last.epoch}, while the training loss went on falling; the weights of epoch ${best.epoch} are kept`,
    )
  }
  if (last && before && best === last && before.validationError > best.validationError * (1 + gaining)) {
    return named(
      'underfitting',
      `the last of ${last.epoch} epochs was the best and still lowered the validation error from ${amount(before.validationError)} to ${amount(last.validationError)}: more epochs may help`,
    )
  }
  return named('fitting', `the held-out error of ${amount(test)} against ${amount(train)} in training`)
}
