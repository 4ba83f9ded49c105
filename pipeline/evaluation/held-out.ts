import type { TObject } from 'typebox'
import { ingest } from '../task/ingest.ts'
import { slices } from '../task/judge.ts'
import { type Example, recordSchema } from '../task/record.ts'
import { loadBundle } from '../tracking/bundle.ts'
import { sliceValues } from './slices.ts'

/** One held-out record: what was, what the model said, and where it belongs. */
export type HeldOut = {
  readonly key: string
  /** ISO date. */
  readonly time: string
  /** In units of the target, as `prediction`. */
  readonly actual: number
  readonly prediction: number
  readonly slices: { readonly [name: string]: string }
}

/** The judged model's predictions for all records after the date `after`, from the raw data, by this tree's own ingest and features: what is served may have learnt from these records. */
export async function predictHeldOut(dataDir: string, bundleDir: string, after: string): Promise<readonly HeldOut[]> {
  const bundle = await loadBundle(bundleDir, { which: 'judged' })
  try {
    return heldOutOf(await ingest(dataDir), after, (examples) => bundle.predict(examples.map(({ record }) => record)))
  } finally {
    bundle.dispose()
  }
}

/** The same for any predictor of examples; values of slices that are private in `schema` are not told. */
export function heldOutOf(
  examples: readonly Example[],
  after: string,
  predict: (examples: readonly Example[]) => readonly number[],
  schema: TObject = recordSchema,
): readonly HeldOut[] {
  return predictedOf(examples, ({ time }) => time > after, predict, schema)
}

/** The same for examples that are chosen otherwise: of the same `examples`, a private slice's groups have the same names, whichever are chosen. */
export function predictedOf(
  examples: readonly Example[],
  isChosen: (example: Example) => boolean,
  predict: (examples: readonly Example[]) => readonly number[],
  schema: TObject = recordSchema,
): readonly HeldOut[] {
  const chosen = examples.filter(isChosen)
  const predictions = predict(chosen)
  const recordsOf = (of: readonly Example[]) => of.map(({ record }) => record)
  const [records, all] = [recordsOf(chosen), recordsOf(examples)]
  const sliced = Object.entries(slices).map(
    ([name, slice]) => [name, sliceValues(records, slice, schema, all)] as const,
  )
  return chosen.map(({ key, time, target }, index) => ({
    key,
    time,
    actual: target,
    prediction: predictions[index] ?? Number.NaN,
    slices: Object.fromEntries(sliced.map(([name, values]) => [name, values[index] ?? ''])),
  }))
}
