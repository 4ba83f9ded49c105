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
  const unseen = examples.filter(({ time }) => time > after)
  const predictions = predict(unseen)
  const records = unseen.map(({ record }) => record)
  const sliced = Object.entries(slices).map(([name, slice]) => [name, sliceValues(records, slice, schema)] as const)
  return unseen.map(({ key, time, target }, index) => ({
    key,
    time,
    actual: target,
    prediction: predictions[index] ?? Number.NaN,
    slices: Object.fromEntries(sliced.map(([name, values]) => [name, values[index] ?? ''])),
  }))
}
