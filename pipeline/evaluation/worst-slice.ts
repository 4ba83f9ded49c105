import type { Interval } from './bootstrap.ts'
import { type Days, relativeInterval } from './daily.ts'
import { groupsOf, pairsOf } from './groups.ts'
import type { Look } from './look.ts'

export type WorstSlice = {
  readonly name: string
  /** Held-out records in it. */
  readonly records: number
  /** Groups and pairs of groups that were looked at. */
  readonly searched: number
  /** How much more its error is than that of `other`, in percent: on the half of the days that it was not found on. */
  readonly relative: Interval
  /** The same on the half that it was found on: too much, for the greatest of many was taken. */
  readonly found: number
}

/** A slice must have as many records in each half. */
export type SearchOptions = { readonly minRecords: number }

/**
 * The group of records, or pair of groups, on which the errors `own` are most above the errors `other` (of the champion; or, for a first model, what the rest makes one expect),
 * found on every second block of days and measured on the blocks between: having looked at many does not make it look worse there (sample splitting: Cox 1975, "A note on data-splitting
 * for the evaluation of significance levels"). The greatest excess in standard errors, taking records as independent, is taken. Undefined when no group has enough records.
 */
export function worstSlice(
  look: Look,
  own: ArrayLike<number>,
  other: ArrayLike<number>,
  { minRecords }: SearchOptions,
): WorstSlice | undefined {
  const { days, options } = look
  const singles = groupsOf(look)
  const half = (row: number) => Math.floor((days.of[row] as number) / options.blockDays) % 2
  const groups = [...singles, ...pairsOf(singles)]
    .map((group) => ({ ...group, finding: group.rows.filter((row) => half(row) === 0) }))
    .filter(({ rows, finding }) => finding.length >= minRecords && rows.length - finding.length >= minRecords)
  const scored = groups.map((group) => ({ ...group, score: scoreOf(group.finding, own, other) }))
  const [worst] = scored.toSorted((a, b) => b.score - a.score)
  if (!worst) return undefined
  const confirming = worst.rows.filter((row) => half(row) === 1)
  const value = (of: ArrayLike<number>) => (row: number) => of[row] as number
  return {
    name: worst.name,
    records: worst.rows.length,
    searched: groups.length,
    relative: relativeInterval(everySecond(days, options.blockDays), confirming, value(own), value(other), options),
    found: 100 * (sum(worst.finding, own) / sum(worst.finding, other) - 1),
  }
}

/** The mean excess in standard errors. */
function scoreOf(rows: readonly number[], own: ArrayLike<number>, other: ArrayLike<number>): number {
  const excess = rows.map((row) => (own[row] as number) - (other[row] as number))
  const mean = excess.reduce((total, value) => total + value, 0) / rows.length
  const variance = excess.reduce((total, value) => total + (value - mean) ** 2, 0) / rows.length
  return variance > 0 ? mean / Math.sqrt(variance / rows.length) : mean > 0 ? Number.POSITIVE_INFINITY : 0
}

/** The days with the first of every two blocks taken out, so that the others follow each other. Only rows of those may be asked for. */
function everySecond(days: Days, blockDays: number): Days {
  const of = days.of.map((day) => Math.floor(day / (2 * blockDays)) * blockDays + (day % blockDays))
  const kept = Array.from({ length: days.count }, (_, day) => Math.floor(day / blockDays) % 2)
  return { ...days, of, count: kept.filter((half) => half === 1).length }
}

const sum = (rows: readonly number[], of: ArrayLike<number>) =>
  rows.reduce((total, row) => total + (of[row] as number), 0)
