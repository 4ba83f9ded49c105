import type { TObject } from 'typebox'

/** What one field of a raw file may show and still be used. Shares are of the rows, limits are in the field's unit. */
export type FieldTolerance = {
  /** The greatest share of empty values: up to it a warning, above it an error. Without it, no value may be empty. */
  readonly missingShare?: number
  /** A sensor that repeats the same value this often in a row is stuck: the value is masked from there on. */
  readonly stuckAfter?: number
  /** A reading further than this from the median of the other series at the same time is a spike: it is masked. */
  readonly spikeAbove?: number
  /**
   * A series whose mean over a period is away from the same period of its other years by more than this has changed its unit or its meaning:
   * an error. `difference` in the field's unit, `ratio` as a factor either way. Periods are months of the year, or whole years.
   */
  readonly level?: { readonly by: 'difference' | 'ratio'; readonly limit: number; readonly over: 'month' | 'year' }
}

/** The contract of one raw CSV file: a schema for each row, and what must hold for the table. */
export type RawFile = {
  readonly path: string
  readonly schema: TObject
  /** These fields together name a row; two rows may share them only if they are equal throughout. */
  readonly key: readonly string[]
  readonly time: string
  /** A table holds one series of days for each value of these fields. */
  readonly series: readonly string[]
  /** The most days in a row that a series may lack: up to it a warning, above it an error. */
  readonly gapDays: number
  readonly tolerances: { readonly [field: string]: FieldTolerance }
}
