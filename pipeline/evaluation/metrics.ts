import type { Pair } from '../metric.ts'

/** Mean absolute error, in units of the target; NaN for no records. */
export const mae = (pairs: readonly Pair[]): number => mean(pairs, absoluteError)

/** Root of the mean squared error, in units of the target; NaN for no records. */
export const rmse = (pairs: readonly Pair[]): number => Math.sqrt(mean(pairs, squaredError))

/** Mean of prediction − actual, in units of the target: positive when the model predicts too much; NaN for no records. */
export const bias = (pairs: readonly Pair[]): number => mean(pairs, ({ actual, prediction }) => prediction - actual)

const absoluteError = ({ actual, prediction }: Pair): number => Math.abs(prediction - actual)
export const squaredError = ({ actual, prediction }: Pair): number => (prediction - actual) ** 2

function mean(pairs: readonly Pair[], of: (pair: Pair) => number): number {
  return pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
}
