import { type BootstrapOptions, blockBootstrap, type Interval } from './bootstrap.ts'
import type { HeldOut } from './held-out.ts'

const dayInMs = 86_400_000

/** The calendar days that records lie on, and the day of each record, counted from 0. */
export type Days = { readonly from: string; readonly to: string; readonly count: number; readonly of: Int32Array }

/** Days from the first record's to the last's; records are sorted by time (ISO dates). Throws when a time is no date. */
export function daysOf(records: readonly HeldOut[]): Days {
  const numbers = records.map(({ time }) => {
    const day = Math.floor(Date.parse(time.slice(0, 10)) / dayInMs)
    if (!Number.isInteger(day)) throw new Error(`gate: the time of a record must be an ISO date, got ${time}`)
    return day
  })
  const first = numbers[0] ?? 0
  return {
    from: records[0]?.time.slice(0, 10) ?? '',
    to: records.at(-1)?.time.slice(0, 10) ?? '',
    count: records.length === 0 ? 0 : (numbers.at(-1) as number) - first + 1,
    of: Int32Array.from(numbers, (day) => day - first),
  }
}

/** Sums of `value` per day over the records `which`. */
export function sumDaily(days: Days, which: Iterable<number>, value: (record: number) => number): Float64Array {
  const sums = new Float64Array(days.count)
  for (const record of which) {
    const day = days.of[record] as number
    sums[day] = (sums[day] as number) + value(record)
  }
  return sums
}

/** The mean of `value` over the records `which`, with its interval. */
export function meanInterval(
  days: Days,
  which: readonly number[],
  value: (record: number) => number,
  options: BootstrapOptions,
  scale: (mean: number) => number = (mean) => mean,
): Interval {
  const columns = [sumDaily(days, which, value), sumDaily(days, which, () => 1)]
  return blockBootstrap(columns, (sums) => scale((sums[0] as number) / (sums[1] as number)), options)
}

/** How much more the errors `own` add up to than the errors `other`, in percent of these, over the records `which`. */
export function relativeInterval(
  days: Days,
  which: readonly number[],
  own: (record: number) => number,
  other: (record: number) => number,
  options: BootstrapOptions,
): Interval {
  const columns = [sumDaily(days, which, own), sumDaily(days, which, other)]
  return blockBootstrap(columns, (sums) => percentMore(sums[0] as number, sums[1] as number), options)
}

/** A model without any error has no percent: results stay finite, so that they survive JSON. */
const mostPercent = 1e6

export function percentMore(own: number, other: number): number {
  if (own === other) return 0
  return Math.max(-mostPercent, Math.min(mostPercent, (100 * (own - other)) / other))
}
