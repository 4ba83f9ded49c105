import { solve } from './cholesky.ts'

/** A weight a feature, and what is predicted where all are 0. */
export type Linear = { readonly intercept: number; readonly weights: readonly number[] }

/**
 * Fits a linear model to features already transformed (one row a training record) by least squares: the normal equations on centred columns
 * with a ridge (Hoerl & Kennard 1970) of `ridge` times each column's own variance, as if columns were standardised. One so small as 1e-8 only settles columns that are
 * constant or add up to others, such as one-hot ones. Throws when there are no rows or a value is not finite.
 */
export function fitLinear(rows: readonly ArrayLike<number>[], targets: readonly number[], ridge = 1e-8): Linear {
  const width = rows[0]?.length ?? 0
  if (rows.length === 0 || rows.length !== targets.length) {
    throw new Error(
      `linear model: needs one target for each of at least one row, got ${rows.length} rows, ${targets.length} targets`,
    )
  }
  const means = columnMeans(rows, width)
  const level = targets.reduce((sum, target) => sum + target, 0) / targets.length
  const gram = new Float64Array(width * width)
  const moments = new Float64Array(width)
  const centred = new Float64Array(width)
  rows.forEach((row, index) => {
    for (let j = 0; j < width; j++) centred[j] = (row[j] as number) - (means[j] as number)
    const rest = (targets[index] as number) - level
    for (let i = 0; i < width; i++) {
      const value = centred[i] as number
      if (value === 0) continue
      moments[i] = (moments[i] as number) + value * rest
      for (let j = 0; j <= i; j++)
        gram[i * width + j] = (gram[i * width + j] as number) + value * (centred[j] as number)
    }
  })
  addRidge(gram, width, ridge)
  const weights = Array.from(solve(gram, moments))
  const intercept = level - weights.reduce((sum, weight, j) => sum + weight * (means[j] as number), 0)
  if (!Number.isFinite(intercept))
    throw new Error('linear model: a feature or target of a training record is not a finite number')
  return { intercept, weights }
}

/** The linear model's prediction for one row of features, on the scale of the targets that it was fitted to. */
export function predictLinear({ intercept, weights }: Linear, row: ArrayLike<number>): number {
  return weights.reduce((sum, weight, j) => sum + weight * (row[j] as number), intercept)
}

/** The mean of each column. */
export function columnMeans(rows: readonly ArrayLike<number>[], width: number): Float64Array {
  const means = new Float64Array(width)
  for (const row of rows)
    for (let j = 0; j < width; j++) means[j] = (means[j] as number) + (row[j] as number) / rows.length
  return means
}

function addRidge(gram: Float64Array, width: number, ridge: number): void {
  for (let i = 0; i < width; i++) {
    const diagonal = gram[i * width + i] as number
    gram[i * width + i] = diagonal === 0 ? 1 : diagonal * (1 + ridge)
  }
}
