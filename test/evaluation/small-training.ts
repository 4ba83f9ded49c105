import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { otherExamples, sampleExamples } from '../../bench/gate/worlds.ts'
import { split } from '../../pipeline/data/split.ts'
import { type Features, type FittedFeatures, fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { loadParams } from '../../pipeline/params.ts'
import { createForward } from '../../pipeline/predicting/forward.ts'
import { readNetwork } from '../../pipeline/predicting/network.ts'
import { features as own } from '../../pipeline/task/features.ts'
import { build, link } from '../../pipeline/task/model.ts'
import type { Example, TaskRecord } from '../../pipeline/task/record.ts'
import { useBackend } from '../../pipeline/tensorflow.ts'
import { fit } from '../../pipeline/training/fit.ts'
import { levelOf } from '../../pipeline/training/level.ts'

const { train, evaluate_gate } = loadParams(join(import.meta.dirname, '../..'))

/** The repository's own parameters, on less data and for fewer epochs. */
export const params = { ...train, split: { validation_days: 120, test_days: 365 }, epochs: 10 }
// What the rules look at has tests of its own.
export const { rules: _, ...policy } = evaluate_gate

/** The sample's last three and a half years. */
export const smallExamples = (): Promise<readonly Example[]> => sampleExamples('2020-07')

/** The held-out year of ten more worlds like the sample's, which no model has seen and the gate does not see: what is true of a model, all but for chance. */
export const trueExamples = (after: string): Promise<readonly Example[]> => otherExamples(10, after)

export type Model = {
  readonly digest: string
  readonly fitted: FittedFeatures
  /** Records → predictions; `fitted` and `change` make a mutant of what the network is given. */
  readonly predict: (
    records: readonly TaskRecord[],
    fitted?: FittedFeatures,
    change?: (row: Float32Array) => Float32Array,
  ) => readonly number[]
}

/** Trains the repository's network on the examples' training window. The same seed gives the same digest. */
export async function trained(
  examples: readonly Example[],
  seed = params.seed,
  features: Features<TaskRecord> = own,
): Promise<Model> {
  const parts = split(examples, params.split)
  await useBackend(params.backend)
  const fitted = fitFeatures(
    features,
    parts.train.map(({ record }) => record),
  )
  const rowOf = (record: TaskRecord, state = fitted) => transformRecord(features, state, record)
  const matrix = (of: readonly Example[]) => ({
    rows: of.map(({ record }) => rowOf(record)),
    targets: of.map(({ target }) => target),
  })
  const data = matrix(parts.train)
  const width = data.rows[0]?.length ?? 0
  const model = build(width, params.network, seed, levelOf(data.targets))
  await fit(model, data, { validation: matrix(parts.validation), onEpoch: () => {} }, { ...params, seed })
  const network = readNetwork(model)
  if (typeof network === 'string') throw new Error(`the network cannot be computed without TensorFlow.js: ${network}`)
  const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()))
  const digest = createHash('sha256')
    .update(JSON.stringify([fitted, weights]))
    .digest('hex')
  model.dispose()
  const forward = createForward(network)
  return {
    digest: `sha256:${digest}`,
    fitted,
    predict: (records, state, change = (row) => row) =>
      Array.from(forward(records.map((record) => change(rowOf(record, state)))), (value) =>
        Math.max(0, link.fromModel(value)),
      ),
  }
}
