import { fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { features } from '../../pipeline/task/features.ts'
import { build } from '../../pipeline/task/model.ts'
import { recordSchema, type TaskRecord, target } from '../../pipeline/task/record.ts'
import { useBackend } from '../../pipeline/tensorflow.ts'
import { type Golden, predict, writeBundle } from '../../pipeline/tracking/bundle.ts'

/** A record of the repository's own task, made of the examples in its schema. */
export const exampleRecord = Object.fromEntries(
  Object.entries(recordSchema.properties).map(([name, schema]) => [
    name,
    (schema as { examples?: readonly unknown[] }).examples?.[0],
  ]),
) as unknown as TaskRecord

/** Writes a bundle whose network was never trained: all a server needs. Returns its digest. `change` may spoil the golden records, `more` goes into the record schema. */
export async function makeBundle(
  dir: string,
  change: (golden: Golden) => Golden = (golden) => golden,
  seed = 1,
  more: object = {},
): Promise<string> {
  await useBackend('wasm')
  const fitted = fitFeatures(features, [exampleRecord, exampleRecord])
  const model = build(
    transformRecord(features, fitted, exampleRecord).length,
    { hidden: [64, 32], learning_rate: 0.003, l2: 0 },
    seed,
  )
  const [prediction = Number.NaN] = predict(model, fitted, [exampleRecord])
  const quantiles = Array.from({ length: 19 }, (_, index) => prediction + index - 9)
  const digest = await writeBundle(dir, {
    manifest: {
      backend: 'wasm',
      target: target.name,
      window: { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' },
    },
    model,
    fitted,
    recordSchema: { ...recordSchema, ...more },
    profile: { quantiles, minimum: prediction - 100, maximum: prediction + 100, records: 100 },
    golden: [change({ record: exampleRecord, prediction })],
    mlmodel: 'flavors: {}\n',
  })
  model.dispose()
  return digest
}
