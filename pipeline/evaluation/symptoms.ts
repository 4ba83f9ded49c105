import type { Pair } from '../metric.ts'
import { bias, mae } from './metrics.ts'
import { amount } from './wording.ts'

// Less than this is what a model gets by luck: on 100 independent records, chance stays below with 95 % probability.
const follows = 0.2

/** Whether a model says the same of every record while what happens differs: it has learnt nothing. */
export function isConstant(pairs: readonly Pair[]): boolean {
  const { actual, prediction } = spreads(pairs)
  return actual > 0 && prediction <= 1e-6 * actual
}

/** What the errors of a model that failed look like, where that points at a cause: a sentence each. */
export function symptoms(pairs: readonly Pair[], unit: string): readonly string[] {
  const { actual, prediction, together } = spreads(pairs)
  if (!(actual > 0 && prediction > 0)) return []
  const correlation = together / (actual * prediction)
  const shift = bias(pairs)
  const told: string[] = []
  if (correlation < follows) {
    told.push(
      `The candidate's predictions do not follow what happened (correlation ${correlation.toFixed(2)}): look for targets that belong to other records, and for features that belong to other columns.`,
    )
  }
  if (Math.abs(shift) > mae(pairs) / 2) {
    told.push(
      `Most of the error is one way: the predictions are ${amount(Math.abs(shift))} ${unit} too ${shift > 0 ? 'high' : 'low'} on average. Look for features that were fitted on other data than the model, another unit, or a level that has moved.`,
    )
  }
  return told
}

/** Standard deviations of both, and their covariance. */
function spreads(pairs: readonly Pair[]): { actual: number; prediction: number; together: number } {
  const mean = (of: (pair: Pair) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  const [own, said] = [mean(({ actual }) => actual), mean(({ prediction }) => prediction)]
  return {
    actual: Math.sqrt(mean(({ actual }) => (actual - own) ** 2)),
    prediction: Math.sqrt(mean(({ prediction }) => (prediction - said) ** 2)),
    together: mean(({ actual, prediction }) => (actual - own) * (prediction - said)),
  }
}
