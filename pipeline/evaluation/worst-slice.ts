import { type Interval, quantile, resampled } from './bootstrap.ts'
import { percentMore, sumDaily } from './daily.ts'
import { areEnough } from './drawn.ts'
import { groupsOf, pairsOf } from './groups.ts'
import type { Look } from './look.ts'

export type WorstSlice = {
  /** In words: `shop = market and rain_mm ≥ 4.2`. */
  readonly name: string
  /** Held-out records in it. */
  readonly records: number
  /** Groups and pairs of groups that were looked at. */
  readonly searched: number
  /** Means of the metric. */
  readonly own: number
  readonly other: number
  /** How much more its error is than that of `other`, in percent; the interval holds for all that were looked at together. */
  readonly relative: Interval
}

// Hundreds of groups are resampled, and standard errors and the largest deviation need no far tail.
const mostResamples = 1000

/**
 * The group of records, or pair of groups, on which the errors `own` are most clearly above the errors `other` (of the champion or a baseline). Having looked at many does not make it
 * look worse than it is: the interval is as wide as the largest of all groups' deviations, in their own standard errors, gets by chance (the maximum of studentised statistics
 * over the same resampled days: Westfall & Young 1993, "Resampling-based multiple testing"; Romano & Wolf 2005, "Stepwise multiple testing as formalized data snooping"), so with none worse, the
 * probability that any low end is above 0 is at most (1 − confidence) / 2. Undefined when no group has `minRecords` records on enough days (`areEnough`).
 */
export function worstSlice(
  look: Look,
  own: ArrayLike<number>,
  other: ArrayLike<number>,
  minRecords: number,
): WorstSlice | undefined {
  const { days } = look
  const options = { ...look.options, resamples: Math.min(mostResamples, look.options.resamples) }
  const singles = groupsOf(look)
  const groups = [...singles, ...pairsOf(singles)].filter(
    ({ rows }) => rows.length >= minRecords && areEnough(days, rows),
  )
  const [first] = groups
  // As where only the refit is new: no group is worse, and none can be told from another.
  if (first && look.rows.every((_, row) => own[row] === other[row]))
    return {
      ...{ name: first.name, records: first.rows.length, searched: groups.length },
      ...{ own: mean(first.rows, own), other: mean(first.rows, other) },
      relative: { estimate: 0, low: 0, high: 0 },
    }
  const deviations = new Float64Array(options.resamples).fill(Number.NEGATIVE_INFINITY)
  const measured = groups.flatMap((group) => {
    const columns = [own, other].map((of) => sumDaily(days, group.rows, (row) => of[row] as number))
    const { estimate, drawn } = resampled(columns, ([a, b]) => percentMore(a as number, b as number), options)
    const error = spread(drawn)
    if (!(error > 0) || !Number.isFinite(error)) return []
    drawn.forEach((value, at) => {
      deviations[at] = Math.max(deviations[at] as number, (value - estimate) / error)
    })
    return [{ ...group, estimate, error }]
  })
  if (measured.length === 0) return undefined
  const widest = quantile(deviations.toSorted(), (1 + options.confidence) / 2)
  const low = ({ estimate, error }: (typeof measured)[0]) => estimate - widest * error
  const worst = measured.reduce((most, each) => (low(each) > low(most) ? each : most))
  const { name, rows, estimate, error } = worst
  return {
    name,
    records: rows.length,
    searched: groups.length,
    own: mean(rows, own),
    other: mean(rows, other),
    relative: { estimate, low: low(worst), high: estimate + widest * error },
  }
}

/** The standard deviation of a statistic over resamples. */
function spread(drawn: Float64Array): number {
  const middle = drawn.reduce((sum, value) => sum + value, 0) / drawn.length
  return Math.sqrt(drawn.reduce((sum, value) => sum + (value - middle) ** 2, 0) / drawn.length)
}

const mean = (rows: readonly number[], of: ArrayLike<number>) =>
  rows.reduce((sum, row) => sum + (of[row] as number), 0) / rows.length
