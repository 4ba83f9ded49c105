import { split, windowOf } from '../data/split.ts'
import type { Params } from '../params.ts'
import { ingest } from '../task/ingest.ts'
import { link } from '../task/model.ts'
import { type Example, recordSchema, target } from '../task/record.ts'
import { predict, writeBundle } from '../tracking/bundle.ts'
import { mlmodel } from '../tracking/mlmodel.ts'
import type { Epoch, Pass } from './algorithms/algorithm.ts'
import { calibrate } from './interval.ts'
import { type Learnt, learn, learnAgain } from './learn.ts'
import { profileOf } from './profile.ts'

/** How many test records travel with the bundle as its smoke test. */
const GOLDEN_RECORDS = 24

export type Made = {
  readonly digest: string
  /** Of the model that is judged. */
  readonly epochs: readonly Epoch[]
  /** How many it took to fit what is served to all records; absent where that is the judged model. */
  readonly refitEpochs?: number
  readonly records: { train: number; validation: number; test: number }
}

/**
 * Raw data and `params.yaml`'s section `train` → a bundle in `dir`. This file and all it imports decide what training yields:
 * the fingerprint is taken over exactly that. Test records are predicted for the reference profile, and never learnt from by the model that is judged; with `refit: all`, what is served is
 * fitted to them as well, and the judged one lies beside it. Calls `onEpoch` and `onPass` after each epoch of the one and the other. Nothing is written before all is done.
 */
export async function makeBundle(
  dataDir: string,
  params: Params['train'],
  dir: string,
  onEpoch: (epoch: Epoch) => void,
  onPass: (pass: Pass) => void = () => {},
): Promise<Made> {
  const parts = split(await ingest(dataDir), params.split)
  const { train, validation, test } = parts
  const judged = await learn(train, validation, params, onEpoch)
  const interval = link.classes ? undefined : intervalOf(judged, validation, params.interval_coverage)
  const refit = params.refit === 'all'
  const served = refit ? await learnAgain([...train, ...validation, ...test], judged.kept, params, onPass) : judged
  const reference = test.map(({ record }) => record)
  const predictions = predict(served, reference)
  const every = Math.max(1, Math.floor(reference.length / GOLDEN_RECORDS))
  const golden = reference
    .map((record, index) => ({ record, prediction: predictions[index] ?? 0 }))
    .filter((_, index) => index % every === 0)
    .slice(0, GOLDEN_RECORDS)
  const digest = await writeBundle(dir, {
    manifest: {
      algorithm: params.algorithm,
      backend: params.backend,
      target: target.name,
      window: windowOf(parts),
      ...(refit
        ? {
            refit: {
              on: 'all',
              until: test.at(-1)?.time ?? '',
              more: validation.length + test.length,
              epochs: served.kept,
            },
          }
        : {}),
    },
    ...served,
    ...(refit ? { judged } : {}),
    recordSchema,
    profile: { ...profileOf(predictions), ...(interval ? { interval } : {}) },
    golden,
    mlmodel: mlmodel(recordSchema, target),
  })
  judged.model.dispose()
  if (refit) served.model.dispose()
  return {
    digest,
    epochs: judged.epochs,
    ...(refit ? { refitEpochs: served.kept } : {}),
    records: { train: train.length, validation: validation.length, test: test.length },
  }
}

/**
 * Of the judged model also where another is served: that one has learnt from the validation records, and its errors there are smaller than on others. So what is said of coverage holds for
 * the judged model, and for what is served as far as it errs no more than that.
 */
function intervalOf(learnt: Learnt, validation: readonly Example[], coverage: number) {
  const predicted = predict(
    learnt,
    validation.map(({ record }) => record),
  )
  return calibrate({ actual: validation.map(({ target }) => target), predicted }, coverage)
}
