import type { TObject } from 'typebox'
import type { Metric } from '../metric.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import type { Days } from './daily.ts'
import type { HeldOut } from './held-out.ts'

/** A held-out record with its fields, for what looks deeper than at predictions. */
export type Row = HeldOut & { readonly record: { readonly [field: string]: unknown } }

/** What all that looks deeper shares: rows sorted by time, the days that they lie on, or the groups that are drawn in their place (`drawn.ts`), what is measured, and how sure intervals are. */
export type Look = {
  readonly rows: readonly Row[]
  readonly days: Days
  readonly metric: Metric
  readonly options: BootstrapOptions
  /** The record's schema: private fields are left out of all that is told. */
  readonly schema: TObject
}

/** Records → predictions, in order. */
export type Predict = (
  records: readonly { readonly [field: string]: unknown }[],
) => readonly number[] | Promise<readonly number[]>

/** The fields of the records that may be told of, in the schema's order. */
export const fieldsOf = ({ schema, rows }: Look): readonly string[] =>
  Object.keys(schema.properties).filter(
    (field) => field in (rows[0]?.record ?? {}) && !(schema.properties[field] as { private?: boolean }).private,
  )

/** The rows' errors under other predictions than their own. */
export const errorsOf = ({ rows, metric }: Look, predictions: readonly number[]): Float64Array =>
  Float64Array.from(rows, ({ actual }, row) => metric.of({ actual, prediction: predictions[row] ?? Number.NaN }))

/** The rows' own errors. */
export const ownErrors = (look: Look): Float64Array =>
  errorsOf(
    look,
    look.rows.map(({ prediction }) => prediction),
  )

/** The same look at no more than `most` records, spread evenly: for what asks the model again and again. */
export function thinned(look: Look, most: number): Look {
  const { rows, days } = look
  if (rows.length <= most) return look
  const kept = Array.from({ length: most }, (_, index) => Math.floor((index * rows.length) / most))
  return {
    ...look,
    rows: kept.map((row) => rows[row] as Row),
    days: { ...days, of: Int32Array.from(kept, (row) => days.of[row] as number) },
  }
}

/** The value that stands in the middle of a field: the median of numbers (of each place of a list), else the most frequent one. */
export function middleOf({ rows }: Look, field: string): unknown {
  const values = rows.map(({ record }) => record[field])
  const [first] = values
  if (typeof first === 'number') return median(values)
  if (Array.isArray(first)) {
    return first.map((element, place) =>
      typeof element === 'number' ? median(values.map((value) => (value as unknown[] | undefined)?.[place])) : element,
    )
  }
  const counts = new Map<unknown, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0]
}

/** Whether values of a field are numbers, or lists of them. */
export const isNumeric = ({ rows }: Look, field: string): boolean => {
  const value = rows[0]?.record[field]
  return typeof value === 'number' || (Array.isArray(value) && typeof value[0] === 'number')
}

function median(values: readonly unknown[]): number {
  const sorted = values.filter((value) => typeof value === 'number').toSorted((a, b) => a - b)
  const at = (sorted.length - 1) / 2
  return ((sorted[Math.floor(at)] as number) + (sorted[Math.ceil(at)] as number)) / 2
}
