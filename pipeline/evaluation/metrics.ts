import { distance, meanOf, type Pair, squaredError } from '../metric.ts'

/** Mean absolute error, in units of the target; NaN for no records. */
export const mae = (pairs: readonly Pair[]): number => meanOf(distance, pairs)

/** Root of the mean squared error, in units of the target; NaN for no records. */
export const rmse = (pairs: readonly Pair[]): number => Math.sqrt(meanOf(squaredError, pairs))

/** Mean of prediction − actual, in units of the target: positive when the model predicts too much; NaN for no records. */
export const bias = (pairs: readonly Pair[]): number => meanOf(({ actual, prediction }) => prediction - actual, pairs)
