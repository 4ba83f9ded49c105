import { normal } from '../../pipeline/data/sample/normal.ts'
import { random, shuffled } from '../../pipeline/random.ts'

/** A target is an amount, or with `classes` 0 or 1. */
export type DataSet = {
  readonly name: string
  readonly classes: boolean
  readonly rows: readonly (readonly number[])[]
  readonly targets: readonly number[]
}

/** What is trained on and what is predicted: columns standardised by the training records, amounts too. `which` are the numbers of the test records. */
export type Split = {
  readonly train: { readonly rows: readonly (readonly number[])[]; readonly targets: readonly number[] }
  readonly test: { readonly rows: readonly (readonly number[])[]; readonly targets: readonly number[] }
  readonly which: readonly number[]
}

const inputs = 10

/** Ten normal features, five of them with a weight, and normal noise of variance 1. */
export function linear(records: number): DataSet {
  const next = random(1)
  const rows = Array.from({ length: records }, () => Array.from({ length: inputs }, () => normal(next)))
  const targets = rows.map(
    ([a = 0, b = 0, c = 0, d = 0, e = 0]) => 2 * a - 1.5 * b + c + 0.5 * d - 0.25 * e + normal(next),
  )
  return { name: 'linear with noise', classes: false, rows, targets }
}

/** Friedman's first function (1991, "Multivariate adaptive regression splines", 4.3): ten uniform features, five of them of use, and normal noise of variance 1. */
export function friedman(records: number): DataSet {
  const next = random(2)
  const rows = Array.from({ length: records }, () => Array.from({ length: inputs }, next))
  const targets = rows.map(
    ([a = 0, b = 0, c = 0, d = 0, e = 0]) =>
      10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + normal(next),
  )
  return { name: 'Friedman #1', classes: false, rows, targets }
}

/** Each record is tested once, in one of `folds` parts drawn with a seed. */
export function splitsOf({ rows, targets, classes }: DataSet, folds: number): Split[] {
  const order = [...shuffled(rows.length, random(3))]
  return Array.from({ length: folds }, (_, fold) => {
    const which = order.filter((_, at) => at % folds === fold)
    const trained = order.filter((_, at) => at % folds !== fold)
    const columns = rows[0]?.map((_, j) => standard(trained.map((at) => rows[at]?.[j] as number))) ?? []
    const amounts = standard(trained.map((at) => targets[at] as number))
    const part = (records: readonly number[]) => ({
      // As precise as our networks take them, so that both sides read the same numbers.
      rows: records.map((at) => columns.map((of, j) => Math.fround(of(rows[at]?.[j] as number)))),
      targets: records.map((at) => (classes ? (targets[at] as number) : amounts(targets[at] as number))),
    })
    return { train: part(trained), test: part(which), which }
  })
}

/** To mean 0 and variance 1, as the given values have it. */
function standard(values: readonly number[]): (value: number) => number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return (value) => (value - mean) / deviation
}
