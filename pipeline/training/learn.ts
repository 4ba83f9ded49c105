import { fitFeatures, transformRecord } from '../features/feature.ts'
import type { Params } from '../params.ts'
import { inputsOf } from '../predicting/inputs.ts'
import type { Example } from '../task/record.ts'
import { useBackend } from '../tensorflow.ts'
import type { Predictor } from '../tracking/bundle.ts'
import type { Epoch, Matrix } from './algorithms/algorithm.ts'
import { fits } from './algorithms/algorithms.ts'

/** What `predict` takes, with the epochs that it took, if any. `model.dispose()` frees it. */
export type Learnt = Predictor & { readonly epochs: readonly Epoch[] }

/**
 * Training and validation examples → a model, by `train.algorithm`: features are fitted on the training examples and nothing else; validation may decide when training
 * stops. Calls `onEpoch` after each epoch.
 */
export async function learn(
  train: readonly Example[],
  validation: readonly Example[],
  params: Params['train'],
  onEpoch: (epoch: Epoch) => void,
): Promise<Learnt> {
  const { algorithm } = params
  await useBackend(params.backend)
  const inputs = inputsOf(algorithm)
  const fitted = fitFeatures(
    inputs,
    train.map(({ record }) => record),
  )
  const matrix = (examples: readonly Example[]): Matrix => ({
    rows: examples.map(({ record }) => transformRecord(inputs, fitted, record)),
    targets: examples.map(({ target }) => target),
  })
  return { algorithm, fitted, ...(await fits[algorithm](matrix(train), matrix(validation), params, onEpoch)) }
}
