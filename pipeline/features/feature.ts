/**
 * A feature turns one record into numbers. `fit` learns from the training records and nothing else; what it learnt is plain JSON;
 * `transform` only applies it, sees one record, and is the same code in training and in serving.
 * (The split of fit and transform: scikit-learn, "Developing scikit-learn estimators".)
 */
export type Feature<R, S extends Json = Json> = {
  readonly name: string
  /** Learns from training records. */
  readonly fit: (records: readonly R[]) => S
  /** The names of the columns that `transform` yields, in its order. */
  readonly columns: (state: S) => readonly string[]
  /** One record → one number a column. */
  readonly transform: (state: S, record: R) => readonly number[]
  /** What `transform` does, told so that another runtime can do it; absent for a feature of the task's own making. */
  readonly form?: Form<R>
}

/** The kinds of features here, each with what it reads of a record; an average is of the last `days` values. Dates are ISO dates. */
export type Form<R> =
  | { readonly kind: 'scaled' | 'truth'; readonly read: (record: R) => number | boolean }
  | { readonly kind: 'average'; readonly read: (record: R) => readonly number[]; readonly days: number }
  | { readonly kind: 'category' | 'weekday' | 'decades'; readonly read: (record: R) => string }
  | { readonly kind: 'season'; readonly read: (record: R) => string; readonly harmonics: number }
  // Their states are their own: they are only given back to them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  | { readonly kind: 'product'; readonly left: Feature<R, any>; readonly right: Feature<R, any> }

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What all features learnt, by the feature's name: the bundle's `features.json`. */
export type FittedFeatures = { readonly [feature: string]: Json }

// A list holds features of different states; each state goes back only to the feature that made it.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Features<R> = readonly Feature<R, any>[]

/** Fits each feature on the training records. Throws when there are none or two features share a name. */
export function fitFeatures<R>(features: Features<R>, records: readonly R[]): FittedFeatures {
  if (records.length === 0)
    throw new Error('features: there are no training records to fit on; lower train.split in params.yaml')
  const fitted: { [feature: string]: Json } = {}
  for (const feature of features) {
    if (feature.name in fitted)
      throw new Error(`features: two features are named ${feature.name}; rename one in pipeline/task/features.ts`)
    fitted[feature.name] = feature.fit(records)
  }
  return fitted
}

/** The names of all columns, in the order of `transformRecord`. */
export function columnNames<R>(features: Features<R>, fitted: FittedFeatures): readonly string[] {
  return features.flatMap((feature) => feature.columns(stateOf(feature.name, fitted)))
}

/** One record → its row of features. Throws when a value is not finite: a model must never see NaN. */
export function transformRecord<R>(features: Features<R>, fitted: FittedFeatures, record: R): Float32Array {
  const values: number[] = []
  for (const feature of features)
    for (const value of feature.transform(stateOf(feature.name, fitted), record)) values.push(value)
  const row = new Float32Array(values)
  let broken = -1
  for (let at = row.length - 1; at >= 0; at -= 1) if (!Number.isFinite(row[at])) broken = at
  // The record itself is not told: its fields may be private, and this text may end in a log.
  if (broken >= 0)
    throw new Error(
      `features: ${columnNames(features, fitted)[broken]} is ${row[broken]}; a value of the record is not a finite number`,
    )
  return row
}

function stateOf(name: string, fitted: FittedFeatures): Json {
  const state = fitted[name]
  if (state === undefined) {
    throw new Error(
      `features: nothing was fitted for ${name}; the bundle was trained by other code than pipeline/task/features.ts here`,
    )
  }
  return state
}
