import type { TObject } from 'typebox'
import { hidden, readsPrivate } from '../private.ts'
import type { Interval } from './bootstrap.ts'
import type { HeldOut } from './held-out.ts'

/** The error on the records that share a value, such as all of one shop. Errors are means of the metric. */
export type SliceResult = {
  readonly slice: string
  readonly value: string
  readonly records: number
  readonly candidate: number
  readonly champion?: number
  /** Candidate − champion; at the confidence of one slice among all that are judged (Bonferroni). */
  readonly difference?: Interval
  /** The same in percent of the champion's. */
  readonly relative?: Interval
  /** False when it has too few records, days or drawn groups to be judged, or there is no champion: shown only. */
  readonly judged: boolean
}

/** The places of the records of one value of one slice. */
export type SliceRows = { readonly slice: string; readonly value: string; readonly rows: readonly number[] }

/** Each record's value in a slice. Values made of private fields are only told apart: `(private) 1`, `(private) 2` … as they come in `among`, which holds the records and perhaps more. */
export function sliceValues<R extends object>(
  records: readonly R[],
  slice: (record: R) => string,
  schema: TObject,
  among: readonly R[] = records,
): readonly string[] {
  const values = records.map(slice)
  if (!records.some((record) => readsPrivate(schema, record, slice))) return values
  const numbers = new Map([...new Set(among.map(slice))].map((value, index) => [value, index + 1]))
  return values.map((value) => `${hidden} ${numbers.get(value)}`)
}

/** Groups records by each slice's values: slices in the order of the first record, values in alphabetical order. */
export function groupBySlice(records: readonly HeldOut[]): readonly SliceRows[] {
  const groups = new Map<string, Map<string, number[]>>()
  records.forEach(({ slices }, row) => {
    for (const [slice, value] of Object.entries(slices)) {
      const values = groups.get(slice) ?? new Map<string, number[]>()
      groups.set(slice, values)
      const rows = values.get(value)
      if (rows) rows.push(row)
      else values.set(value, [row])
    }
  })
  return [...groups].flatMap(([slice, values]) =>
    [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, rows]) => ({ slice, value, rows })),
  )
}
