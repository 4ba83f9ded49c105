import type { Backend } from '../pipeline/backend.ts'
import { fitFeatures, transformRecord } from '../pipeline/features/feature.ts'
import { features } from '../pipeline/task/features.ts'
import { build } from '../pipeline/task/model.ts'
import { recordSchema, type TaskRecord, target } from '../pipeline/task/record.ts'
import { useBackend } from '../pipeline/tensorflow.ts'
import { type Golden, predict, writeBundle } from '../pipeline/tracking/bundle.ts'

/** A record of the repository's own task, made of the examples in its schema. */
export const exampleRecord = Object.fromEntries(
  Object.entries(recordSchema.properties).map(([name, schema]) => [
    name,
    (schema as { examples?: readonly unknown[] }).examples?.[0],
  ]),
) as unknown as TaskRecord

export type Untrained = {
  /** Of the weights. */
  readonly seed?: number
  /** Units of its layers. */
  readonly hidden?: readonly number[]
  /** Moves its reference predictions, in the target's unit: with a large one the server's predictions lie outside of what the bundle says is usual. */
  readonly shift?: number
  /** Changes, so spoils, its golden record. */
  readonly change?: (golden: Golden) => Golden
  /** What its manifest says that it was trained on. */
  readonly backend?: Backend
  /** Goes into its record schema. */
  readonly more?: object
}

/** Writes a bundle of a network that was never trained: all a server needs, and it costs one what a trained one would. Returns its digest. */
export async function untrainedBundle(
  folder: string,
  { seed = 1, hidden = [64, 32], shift = 0, change = (golden) => golden, more = {}, backend = 'wasm' }: Untrained = {},
): Promise<string> {
  await useBackend('wasm')
  const fitted = fitFeatures(features, [exampleRecord, exampleRecord])
  const size = { hidden, initializer: 'he_normal' as const, learning_rate: 0.003, l2: 0 }
  const model = build(transformRecord(features, fitted, exampleRecord).length, size, seed)
  const [prediction = Number.NaN] = predict({ algorithm: 'perceptron', model, fitted }, [exampleRecord])
  const digest = await writeBundle(folder, {
    manifest: {
      backend,
      target: target.name,
      window: { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' },
    },
    model,
    fitted,
    recordSchema: { ...recordSchema, ...more },
    profile: {
      // In the middle of a bin: on its edge, the last bit of a sum would decide between two.
      quantiles: Array.from({ length: 19 }, (_, index) => prediction + index - 8.5 + shift),
      minimum: prediction - 100 + shift,
      maximum: prediction + 100 + shift,
      records: 100,
      interval: { coverage: 0.9, below: -0.2, above: 0.1, records: 100 },
    },
    golden: [change({ record: exampleRecord, prediction })],
    mlmodel: 'flavors: {}\n',
  })
  model.dispose()
  return digest
}
