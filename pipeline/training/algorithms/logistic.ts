import { solve } from './cholesky.ts'
import { columnMeans, type Linear, predictLinear } from './linear.ts'

const mostSteps = 50
// Of the loss, from one step to the next: nothing is gained beyond.
const settled = 1e-10

/**
 * Fits the log-odds of targets 0 and 1 as a linear function of features (one row a training record): penalised maximum likelihood by Newton's method (iteratively reweighted least
 * squares: le Cessie & van Houwelingen 1992, "Ridge estimators in logistic regression"), each step halved until the loss falls. The penalty is `ridge` times each column's own variance,
 * as of `fitLinear`: scikit-learn's C is 1 / (ridge × records) on standardised columns. Throws when there are no rows, a target is neither 0 nor 1, or a feature is not finite.
 */
export function fitLogistic(rows: readonly ArrayLike<number>[], targets: readonly number[], ridge: number): Linear {
  const width = rows[0]?.length ?? 0
  const wrong = targets.find((target) => target !== 0 && target !== 1)
  if (rows.length === 0 || rows.length !== targets.length || wrong !== undefined)
    throw new Error(
      `logistic model: needs one target, 0 or 1, for each of at least one row, got ${rows.length} rows, ${targets.length} targets${wrong === undefined ? '' : `, one of them ${wrong}`}`,
    )
  const means = columnMeans(rows, width)
  const centred = rows.map((row) => Float64Array.from(row, (value, j) => value - (means[j] as number)))
  const penalties = Float64Array.from(means, (mean, j) => {
    const squares = centred.reduce((sum, row) => sum + (row[j] as number) ** 2, 0)
    // A constant column, but for rounding, gets no weight.
    return squares <= 1e-12 * rows.length * mean ** 2 || squares === 0 ? rows.length : ridge * squares
  })
  const share = (targets.reduce((sum, target) => sum + target, 0) + 0.5) / (targets.length + 1)
  let best: Linear = { intercept: Math.log(share / (1 - share)), weights: new Array(width).fill(0) }
  let loss = lossOf(best, centred, targets, penalties)
  for (let step = 0; step < mostSteps; step++) {
    const towards = newtonStep(best, centred, targets, penalties)
    const { made, cost } = halved(best, towards, loss, (linear) => lossOf(linear, centred, targets, penalties))
    if (!(cost < loss)) break
    const gained = loss - cost
    ;[best, loss] = [made, cost]
    if (gained < settled * (1 + Math.abs(loss))) break
  }
  const intercept = best.intercept - best.weights.reduce((sum, weight, j) => sum + weight * (means[j] as number), 0)
  if (!Number.isFinite(intercept))
    throw new Error('logistic model: a feature of a training record is not a finite number')
  return { intercept, weights: best.weights }
}

/** Solves (XᵀWX + penalties) s = Xᵀ(y − p) − penalties × weights, the intercept's column first. */
function newtonStep(
  at: Linear,
  rows: readonly Float64Array[],
  targets: readonly number[],
  penalties: Float64Array,
): Float64Array {
  const size = penalties.length + 1
  const gram = new Float64Array(size * size)
  const moments = new Float64Array(size)
  const padded = new Float64Array(size)
  rows.forEach((row, index) => {
    const probability = 1 / (1 + Math.exp(-predictLinear(at, row)))
    const weight = Math.max(1e-9, probability * (1 - probability))
    const rest = (targets[index] as number) - probability
    padded[0] = 1
    padded.set(row, 1)
    for (let i = 0; i < size; i++) {
      const value = padded[i] as number
      if (value === 0) continue
      moments[i] = (moments[i] as number) + value * rest
      for (let j = 0; j <= i; j++)
        gram[i * size + j] = (gram[i * size + j] as number) + weight * value * (padded[j] as number)
    }
  })
  penalties.forEach((penalty, j) => {
    const i = j + 1
    gram[i * size + i] = (gram[i * size + i] as number) + penalty
    moments[i] = (moments[i] as number) - penalty * (at.weights[j] as number)
  })
  return solve(gram, moments)
}

function halved(from: Linear, step: Float64Array, loss: number, of: (linear: Linear) => number) {
  for (let share = 1; ; share /= 2) {
    const made = {
      intercept: from.intercept + share * (step[0] as number),
      weights: from.weights.map((weight, j) => weight + share * (step[j + 1] as number)),
    }
    const cost = of(made)
    if (cost <= loss || share < 1e-6) return { made, cost }
  }
}

/** −log likelihood + ½ Σ penalty × weight². */
function lossOf(
  at: Linear,
  rows: readonly Float64Array[],
  targets: readonly number[],
  penalties: Float64Array,
): number {
  let sum = 0
  rows.forEach((row, index) => {
    const odds = predictLinear(at, row)
    // log(1 + e^odds) without overflow.
    sum += Math.max(0, odds) + Math.log1p(Math.exp(-Math.abs(odds))) - (targets[index] as number) * odds
  })
  return at.weights.reduce((cost, weight, j) => cost + (penalties[j] as number) * weight ** 2 * 0.5, sum)
}
