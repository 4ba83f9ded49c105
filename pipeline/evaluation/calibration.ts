import type { Interval } from './bootstrap.ts'
import { meanInterval } from './daily.ts'
import type { Look } from './look.ts'

/** Records with predictions alike: what was predicted and what happened, on average. In units of the target; for classes, probabilities. */
export type CalibrationBin = {
  readonly records: number
  readonly predicted: number
  readonly actual: number
  /** Prediction − actual with its interval, at the confidence of one bin among all (Bonferroni). */
  readonly bias: Interval
}

export type Calibration = {
  /** By prediction, the lowest first: as many records in each. */
  readonly bins: readonly CalibrationBin[]
  /** The mean distance of predicted and actual over the bins, weighted by records (expected calibration error: Naeini, Cooper & Hauskrecht 2015). */
  readonly error: number
}

/** How well predictions say what happens: bins by quantiles of the prediction, each with its bias. For probabilities this is the reliability diagram (Murphy & Winkler 1977). */
export function calibration({ rows, days, options }: Look, bins = 10): Calibration {
  const order = rows.map((_, row) => row).toSorted((a, b) => (rows[a]?.prediction ?? 0) - (rows[b]?.prediction ?? 0))
  const count = Math.max(1, Math.min(bins, Math.floor(rows.length / 20)))
  const strict = { ...options, confidence: 1 - (1 - options.confidence) / count }
  const made = Array.from({ length: count }, (_, bin): CalibrationBin => {
    const from = Math.floor((bin * order.length) / count)
    const which = order.slice(from, Math.floor(((bin + 1) * order.length) / count))
    const mean = (of: 'actual' | 'prediction') =>
      which.reduce((total, row) => total + (rows[row]?.[of] ?? Number.NaN), 0) / which.length
    return {
      records: which.length,
      predicted: mean('prediction'),
      actual: mean('actual'),
      bias: meanInterval(days, which, (row) => (rows[row]?.prediction ?? 0) - (rows[row]?.actual ?? 0), strict),
    }
  })
  const error = made.reduce(
    (total, { records, predicted, actual }) => total + records * Math.abs(predicted - actual),
    0,
  )
  return { bins: made, error: error / rows.length }
}
