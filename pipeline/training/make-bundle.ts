import { split } from '../data/split.ts'
import type { Params } from '../params.ts'
import { ingest } from '../task/ingest.ts'
import { link } from '../task/model.ts'
import { type Example, recordSchema, target } from '../task/record.ts'
import { predict, writeBundle } from '../tracking/bundle.ts'
import { mlmodel } from '../tracking/mlmodel.ts'
import type { Epoch } from './algorithms/algorithm.ts'
import { calibrate } from './interval.ts'
import { type Learnt, learn } from './learn.ts'
import { profileOf } from './profile.ts'

/** How many test records travel with the bundle as its smoke test. */
const GOLDEN_RECORDS = 24

export type Made = {
  readonly digest: string
  readonly epochs: readonly Epoch[]
  readonly records: { train: number; validation: number; test: number }
}

/**
 * Raw data and `params.yaml`'s section `train` → a bundle in `dir`. This file and all it imports decide what training yields:
 * the fingerprint is taken over exactly that. Test records are predicted for the reference profile, never learnt from.
 */
export async function makeBundle(
  dataDir: string,
  params: Params['train'],
  dir: string,
  onEpoch: (epoch: Epoch) => void,
): Promise<Made> {
  const { train, validation, test } = split(await ingest(dataDir), params.split)
  const learnt = await learn(train, validation, params, onEpoch)
  const reference = test.map(({ record }) => record)
  const predictions = predict(learnt, reference)
  const every = Math.max(1, Math.floor(reference.length / GOLDEN_RECORDS))
  const golden = reference
    .map((record, index) => ({ record, prediction: predictions[index] ?? 0 }))
    .filter((_, index) => index % every === 0)
    .slice(0, GOLDEN_RECORDS)
  const interval = link.classes ? undefined : intervalOf(learnt, validation, params.interval_coverage)
  const digest = await writeBundle(dir, {
    manifest: {
      algorithm: params.algorithm,
      backend: params.backend,
      target: target.name,
      window: {
        from: train[0]?.time ?? '',
        trainUntil: train.at(-1)?.time ?? '',
        until: validation.at(-1)?.time ?? '',
      },
    },
    model: learnt.model,
    fitted: learnt.fitted,
    recordSchema,
    profile: { ...profileOf(predictions), ...(interval ? { interval } : {}) },
    golden,
    mlmodel: mlmodel(recordSchema, target),
  })
  learnt.model.dispose()
  return {
    digest,
    epochs: learnt.epochs,
    records: { train: train.length, validation: validation.length, test: test.length },
  }
}

function intervalOf(learnt: Learnt, validation: readonly Example[], coverage: number) {
  const predicted = predict(
    learnt,
    validation.map(({ record }) => record),
  )
  return calibrate({ actual: validation.map(({ target }) => target), predicted }, coverage)
}
