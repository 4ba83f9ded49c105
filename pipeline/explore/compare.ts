import type { RowChanges } from './changed-rows.ts'
import type { Bin, Exploration, FieldExploration, TableExploration, Value } from './exploration.ts'

/** A field before and now. `distance` is from 0 (the same) to 1 (nothing in common): see `distanceOf`; null where there is nothing to compare. */
export type FieldChange = {
  readonly name: string
  readonly distance: number | null
  readonly missing: { readonly before: number; readonly now: number }
  readonly mean?: { readonly before: number; readonly now: number }
  /** Of a field of which every value is shown by name: those that were not there before, and those that are not there now. */
  readonly appeared: readonly string[]
  readonly vanished: readonly string[]
}

export type TableChange = {
  readonly name: string
  readonly path?: string
  readonly rows: { readonly before: number; readonly now: number }
  /** The last moment of the table's time, ISO 8601. */
  readonly until?: { readonly before: string; readonly now: string }
  readonly fields: readonly FieldChange[]
  /** Of a raw file: what became of each row. */
  readonly byKey?: RowChanges
}

/** This data version against another one; without tables, the data are the same. */
export type Comparison = {
  /** Which one, in words: a commit, or the champion's. */
  readonly against: string
  /** Its hash. */
  readonly data: string
  readonly tables: readonly TableChange[]
  /** How those data looked. */
  readonly before: Exploration
}

/** What changed from one exploration to another of the same tables; fields that only one of them has are left out. */
export function changes(before: Exploration, now: Exploration): readonly TableChange[] {
  return now.tables.flatMap((table) => {
    const earlier = before.tables.find(({ name }) => name === table.name)
    if (!earlier || table.failed !== undefined || earlier.failed !== undefined) return []
    const fields = table.fields.flatMap((field) => {
      const old = earlier.fields.find(({ name, kind }) => name === field.name && kind === field.kind)
      return old ? [changeOf(old, earlier, field, table)] : []
    })
    const last = ({ fields: all, time }: TableExploration) => all.find(({ name }) => name === time?.field)?.span?.to
    const [was, is] = [last(earlier), last(table)]
    const { name, path } = table
    const rows = { before: earlier.rows, now: table.rows }
    return [
      { name, ...(path ? { path } : {}), rows, ...(was && is ? { until: { before: was, now: is } } : {}), fields },
    ]
  })
}

function changeOf(
  before: FieldExploration,
  earlier: TableExploration,
  now: FieldExploration,
  table: TableExploration,
): FieldChange {
  const gone = ({ count }: FieldExploration, { rows }: TableExploration) => (rows - count) / Math.max(1, rows)
  const named = before.values && now.values && !before.others && !now.others ? [before.values, now.values] : undefined
  const [was = [], is = []] = named?.map((values) => values.map(({ value }) => value)) ?? []
  return {
    name: now.name,
    distance: distanceOf(before, now),
    missing: { before: gone(before, earlier), now: gone(now, table) },
    ...(before.numbers && now.numbers ? { mean: { before: before.numbers.mean, now: now.numbers.mean } } : {}),
    appeared: is.filter((value) => !was.includes(value)),
    vanished: was.filter((value) => !is.includes(value)),
  }
}

/**
 * Numbers: the greatest difference of the two distribution functions at the edges of their bins (Kolmogorov and Smirnov's D, as far as bins tell). Values: total variation, half the sum of
 * the differences of their shares.
 */
function distanceOf(before: FieldExploration, now: FieldExploration): number | null {
  if (before.count === 0 || now.count === 0) return null
  if (before.numbers && now.numbers) {
    const [was, is] = [before.numbers.bins, now.numbers.bins]
    const edges = [...was, ...is].flatMap(({ from, to }) => [from, to])
    return Math.max(...edges.map((edge) => Math.abs(shareBelow(was, edge) - shareBelow(is, edge))))
  }
  if (!before.values || !now.values) return null
  const shares = (values: readonly Value[], others: number, count: number) =>
    new Map([...values.map(({ value, count: rows }) => [value, rows / count] as const), ['', others / count] as const])
  const was = shares(before.values, before.others ?? 0, before.count)
  const is = shares(now.values, now.others ?? 0, now.count)
  const all = new Set([...was.keys(), ...is.keys()])
  return [...all].reduce((sum, value) => sum + Math.abs((was.get(value) ?? 0) - (is.get(value) ?? 0)), 0) / 2
}

/** The share of the rows below a number; within a bin they are taken to lie evenly. */
function shareBelow(bins: readonly Bin[], edge: number): number {
  const all = bins.reduce((sum, { count }) => sum + count, 0)
  const below = bins.reduce(
    (sum, { from, to, count }) => sum + count * Math.min(1, Math.max(0, (edge - from) / (to - from))),
    0,
  )
  return below / Math.max(1, all)
}
