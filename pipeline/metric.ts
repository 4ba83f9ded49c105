/** What happened, and what was predicted: in units of the target, or for two classes 0 or 1 and the probability of 1. */
export type Pair = { readonly actual: number; readonly prediction: number }

/** How wrong a prediction is: the mean over records is what models are judged by, and less is better. */
export type Metric = {
  /** As sentences and tables say it: `MAE`. */
  readonly name: string
  /** Of the metric; empty where it has none. */
  readonly unit: string
  /** Of one record: 0 or more, 0 when the prediction is right. */
  readonly of: (pair: Pair) => number
}

/** What of a metric is shown. */
export type Named = Pick<Metric, 'name' | 'unit'>

/** The distance of prediction and what happened, in units of the target. */
export const distance = ({ actual, prediction }: Pair): number => Math.abs(prediction - actual)

/** The square of that. */
export const squaredError = (pair: Pair): number => distance(pair) ** 2

/** The absolute error, whose mean is the MAE, in the unit of the target. */
export const absoluteError = (unit: string): Metric => ({
  name: 'MAE',
  unit,
  of: distance,
})

/** For two classes: the squared distance of the probability (Brier 1950, "Verification of forecasts expressed in terms of probability"). From 0 to 1. */
export const brierScore: Metric = {
  name: 'Brier score',
  unit: '',
  of: squaredError,
}

// What is called impossible and happens would cost without end: one record would outweigh all others.
const surest = 1e-15

/** For two classes: −ln of the probability of what happened (Good 1952, "Rational decisions"). A probability is taken to be at least 1e-15 from 0 and 1. */
export const logLoss: Metric = {
  name: 'log loss',
  unit: 'nats',
  of: ({ actual, prediction }) => {
    const probability = Math.min(1 - surest, Math.max(surest, prediction))
    return -(actual * Math.log(probability) + (1 - actual) * Math.log1p(-probability))
  },
}

/** The mean over records, of a metric or another figure of each; NaN for none. */
export const meanOf = (of: Metric['of'], pairs: readonly Pair[]): number =>
  pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
