import { random, shuffled } from '../random.ts'
import type { Example } from '../task/record.ts'

/** How much of the target's variance one number of the record explains by itself, from 0 to 1. */
export type Explained = { readonly field: string; readonly share: number }

// What explains this much tells the target to 1 % of its standard deviation: no forecast does.
const knows = 0.9999
const fewest = 50

/**
 * How much of the target each number of the records explains (an element of a list is a number, named `field[-1]` from its end): 1 − the variance that is left
 * beside records which are neighbours in it, over the whole. Any smooth relation counts, not only a line; equal values are in random order, by `seed`. Greatest first. Nothing for fewer than 50 records or a constant target.
 */
export function explainedBy(examples: readonly Example[], seed: number): readonly Explained[] {
  const targets = examples.map(({ target }) => target)
  const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length
  const variance = targets.reduce((sum, value) => sum + (value - mean) ** 2, 0) / targets.length
  if (examples.length < fewest || !(variance > 0)) return []
  const columns = examples.map(({ record }) => numbersOf(record))
  const order = [...shuffled(examples.length, random(seed))]
  return Object.keys(columns[0] ?? {})
    .map((field) => {
      const value = (row: number) => columns[row]?.[field] ?? Number.NaN
      const sorted = order.filter((row) => Number.isFinite(value(row))).toSorted((a, b) => value(a) - value(b))
      const share =
        sorted.length < fewest ? 0 : 1 - unexplained(sorted, value, (row) => targets[row] as number) / variance
      return { field, share: Math.max(0, share) }
    })
    .toSorted((a, b) => b.share - a.share)
}

/** A sentence for each number of the records that knows the target. */
export function leaks(examples: readonly Example[], seed: number): readonly string[] {
  return explainedBy(examples, seed)
    .filter(({ share }) => share >= knows)
    .map(
      ({ field, share }) =>
        `Leakage: ${field} alone tells the target (${Number((100 * share).toFixed(3))} % of its variance), so it knows what is not known when a prediction is asked for. Take it out of the record, or let it end before.`,
    )
}

/**
 * The variance of `of` around a smooth function of `value`: each record against the line through its two neighbours
 * (Gasser, Sroka & Jennen-Steinmetz 1986, "Residual variance and residual pattern in nonlinear regression").
 */
function unexplained(sorted: readonly number[], value: (row: number) => number, of: (row: number) => number): number {
  let sum = 0
  for (let place = 1; place + 1 < sorted.length; place++) {
    const [before, own, next] = [sorted[place - 1], sorted[place], sorted[place + 1]] as [number, number, number]
    const width = value(next) - value(before)
    const share = width > 0 ? (value(own) - value(before)) / width : 0.5
    sum += ((1 - share) * of(before) + share * of(next) - of(own)) ** 2 / ((1 - share) ** 2 + share ** 2 + 1)
  }
  return sum / (sorted.length - 2)
}

function numbersOf(record: object): { readonly [field: string]: number } {
  return Object.fromEntries(
    Object.entries(record).flatMap(([field, value]): (readonly [string, number])[] => {
      if (typeof value === 'number') return [[field, value]]
      if (!Array.isArray(value) || typeof value[0] !== 'number') return []
      return value.map((element: number, index) => [`${field}[${index - value.length}]`, element])
    }),
  )
}
