import { blockBootstrap, type Interval } from './bootstrap.ts'
import { meanInterval, sumDaily } from './daily.ts'
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
  /** Of the line through what happened by prediction: 1 when a unit more that is predicted is a unit more that happens, less when predictions go too far (Cox 1958; Mincer & Zarnowitz 1969). */
  readonly slope: Interval
  /** Mean of prediction − actual, in percent of the mean size of what happened. */
  readonly level: Interval
}

/** How well predictions say what happens: bins by quantiles of the prediction, each with its bias. For probabilities this is the reliability diagram (Murphy & Winkler 1977). */
export function calibration(look: Look, bins = 10): Calibration {
  const { rows, days, options } = look
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
  return { bins: made, error: error / rows.length, ...line(look) }
}

function line({ rows, days, options }: Look): Pick<Calibration, 'slope' | 'level'> {
  const all = [...rows.keys()]
  const sums = (of: (prediction: number, actual: number) => number) =>
    sumDaily(days, all, (row) => of(rows[row]?.prediction ?? 0, rows[row]?.actual ?? 0))
  const slopeOf = ([n = 0, p = 0, a = 0, pp = 0, pa = 0]: readonly number[]) => {
    const spread = pp - p ** 2 / n
    return spread > 1e-12 * pp ? (pa - (p * a) / n) / spread : 0
  }
  const columns = [sums(() => 1), sums((p) => p), sums((_, a) => a), sums((p) => p ** 2), sums((p, a) => p * a)]
  const off = [sums((p, a) => p - a), sums((_, a) => Math.abs(a))]
  return {
    slope: blockBootstrap(columns, slopeOf, options),
    level: blockBootstrap(off, ([a = 0, b = 0]) => (b > 0 ? (100 * a) / b : 0), options),
  }
}
