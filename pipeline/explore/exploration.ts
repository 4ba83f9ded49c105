/** What the report shows of a field: how it is measured, and what the page draws. `history` is a list of numbers, whose newest stands for it. */
export type FieldKind = 'number' | 'boolean' | 'category' | 'time' | 'history'

/** A count and the target's mean, of the rows in one bin or with one value; the mean is null where no such row has a target. */
type Group = { readonly count: number; readonly target: number | null }
export type Bin = Group & { readonly from: number; readonly to: number }
export type Value = Group & { readonly value: string }

/** Rows beyond Tukey's outer fences, three interquartile ranges from the quartiles (Exploratory Data Analysis, 1977, 2D), the farthest of them first. */
export type Outliers = {
  readonly low: number
  readonly high: number
  readonly below: number
  readonly above: number
  readonly farthest: readonly { readonly key: string; readonly value: number }[]
}

/** Numbers of one field, in its unit. Quantiles are approximate (t-digest, some 1 %). */
export type Numbers = {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly sd: number
  readonly quantiles: { readonly [level in '1' | '25' | '50' | '75' | '99']: number }
  readonly bins: readonly Bin[]
  readonly outliers?: Outliers
}

/** A field over the buckets of time: how many rows, what share has no value, and for numbers mean and 10 % and 90 % quantiles. */
export type Moment = {
  /** The bucket's first instant, ISO 8601. */
  readonly at: string
  readonly rows: number
  readonly missing: number
  readonly mean?: number
  readonly low?: number
  readonly high?: number
}

/** Means by the phases of a cycle, and the share of the variance that they explain (correlation ratio η²: Fisher 1925, §45), from 0 to 1. */
export type Cycle = {
  readonly name: 'hour' | 'weekday' | 'month'
  readonly explained: number
  readonly means: readonly { readonly phase: number; readonly mean: number; readonly count: number }[]
}

/** How a field goes with the target: Pearson's r, the share of the target's variance that the field's bins or values explain (η²), r by period, and r by lag of a history. */
export type Association = {
  readonly pearson?: number
  readonly explained?: number
  readonly byPeriod?: readonly { readonly period: string; readonly pearson: number }[]
  readonly byLag?: readonly { readonly lag: number; readonly pearson: number }[]
}

export type FieldExploration = {
  readonly name: string
  readonly kind: FieldKind
  readonly unit?: string
  readonly isTarget: boolean
  /** Rows with a value; `missing` have none, `unreadable` one of another type, `notFinite` NaN or an infinity. */
  readonly count: number
  readonly missing: number
  readonly unreadable: number
  readonly notFinite: number
  /** Different values, approximately (HyperLogLog). */
  readonly distinct: number
  readonly numbers?: Numbers
  /** The most frequent values; `others` is the rest. */
  readonly values?: readonly Value[]
  readonly others?: number
  readonly span?: { readonly from: string; readonly to: string }
  readonly moments?: readonly Moment[]
  readonly cycles?: readonly Cycle[]
  /** Autocorrelation of the means by day, by lag in days from 1. */
  readonly autocorrelation?: readonly number[]
  readonly association?: Association
}

export type TableExploration = {
  /** `records`, or the raw file's name in `rawFiles`. */
  readonly name: string
  readonly path?: string
  readonly rows: number
  readonly fields: readonly FieldExploration[]
  /** Fields that are private: nothing of them is read. */
  readonly hidden: readonly string[]
  readonly target?: string
  readonly time?: { readonly field: string; readonly bucket: Bucket }
  /** Pearson's r of every two fields of numbers. */
  readonly correlations: readonly { readonly a: string; readonly b: string; readonly pearson: number }[]
  /** Why there is nothing to show, where the table could not be made. */
  readonly failed?: string
}

export type Bucket = 'hour' | 'day' | 'week' | 'month' | 'year'

/** All that is known of the data under `data/`: plain numbers, and values of fields that are not private. Values come from the data and may be hostile. */
export type Exploration = { readonly tables: readonly TableExploration[] }
