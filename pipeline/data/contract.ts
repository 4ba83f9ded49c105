import type { TObject } from 'typebox'

/** What one field of a raw file may show and still be used. Shares are of the rows, limits are in the field's unit. */
export type FieldTolerance = {
  /** The greatest share of empty values: up to it a warning, above it an error. Without it, no value may be empty. */
  readonly missingShare?: number
  /** A sensor that repeats the same value this often in a row is stuck: the value is masked from there on. */
  readonly stuckAfter?: number
  /** A reading further than this from the median of the other series at the same time is a spike: it is masked. Of a file that is one series, from the median of its seven days before. */
  readonly spikeAbove?: number
  /**
   * A series whose mean over a period is away from the same period of its other years by more than this has changed its unit or its meaning:
   * an error. `difference` in the field's unit, `ratio` as a factor either way. Periods are months of the year, or whole years.
   */
  readonly level?: { readonly by: 'difference' | 'ratio'; readonly limit: number; readonly over: 'month' | 'year' }
}

/**
 * A check that a raw file's contract declares beside its schema. `severity` says whether a finding refuses the data, `owner` who answers for it: a name or a
 * team, shown with the finding. Fields are those of the file's own schema; empty values take part in none.
 */
export type Check = { readonly severity: 'error' | 'warning'; readonly owner: string } & (
  | {
      /** No two rows have the same values in these fields. */
      readonly kind: 'unique'
      readonly fields: readonly string[]
    }
  | {
      /** Along the time of each series the field only rises, or only falls; equal values are allowed unless `strictly`. */
      readonly kind: 'monotone'
      readonly field: string
      readonly direction: 'rising' | 'falling'
      readonly strictly?: boolean
    }
  | {
      /** Among the values of a series, sorted, neighbours are no further apart than `most`: days for a date, else the field's unit. */
      readonly kind: 'gaps'
      readonly field: string
      readonly most: number
    }
  | {
      /** The newest row is at most `days` older than today (UTC), or than the newest row of another table of `rawFiles`. */
      readonly kind: 'fresh'
      readonly days: number
      readonly against: string
    }
  | {
      /** Every row's values of `fields` are found in the fields `to` of another table of `rawFiles`. */
      readonly kind: 'reference'
      readonly fields: readonly string[]
      readonly table: string
      readonly to: readonly string[]
    }
  | {
      /** No row's values of `fields` are found in the fields `from` of another table: what is held out was not seen before. */
      readonly kind: 'disjoint'
      readonly fields: readonly string[]
      readonly table: string
      readonly from: readonly string[]
    }
  | {
      /** Rows that agree in `by` agree in `field`, too. */
      readonly kind: 'determined'
      readonly field: string
      readonly by: readonly string[]
    }
  | {
      /**
       * No series repeats, value for value in `fields`, as many days in a row of any series: copied days leak from one side of a split to the other.
       * Days that stand still (fewer than half of the values differ) are not copies.
       */
      readonly kind: 'copied'
      readonly fields: readonly string[]
      readonly days: number
    }
  | {
      /**
       * The newest days (105 to 365 of them) of each series are distributed as the same weeks of earlier years, in mean, spread and shape. The fields are numbers or
       * yes and no. How often sound data are found at fault, in all such checks together, is `validate_data.family_wise_error` in params.yaml.
       */
      readonly kind: 'distribution'
      readonly fields: readonly string[]
      readonly days: number
    }
)

/**
 * The contract of one raw file: a schema for each row, and what must hold for the table. `path` is a CSV file, a Parquet file (`.parquet`), or a folder of
 * parts of either (`shop=harbour/2024.csv`: the folder's name gives the column), which are one table.
 */
export type RawFile = {
  readonly path: string
  readonly schema: TObject
  /** These fields together name a row; two rows may share them only if they are equal throughout. */
  readonly key: readonly string[]
  readonly time: string
  /** A table holds one series of days for each value of these fields; without any it is one series. */
  readonly series: readonly string[]
  /** The most days in a row that a series may lack: up to it a warning, above it an error. */
  readonly gapDays: number
  readonly tolerances: { readonly [field: string]: FieldTolerance }
  /** Who answers for the file: shown with every finding that no check of its own owns. */
  readonly owner?: string
  readonly checks?: readonly Check[]
}
