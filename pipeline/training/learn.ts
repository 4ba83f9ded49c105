import { fitFeatures, transformRecord } from '../features/feature.ts'
import type { Params } from '../params.ts'
import { inputsOf } from '../predicting/inputs.ts'
import type { Example } from '../task/record.ts'
import { useBackend } from '../tensorflow.ts'
import type { Predictor } from '../tracking/bundle.ts'
import type { Epoch, Matrix, Pass, Took, Until } from './algorithms/algorithm.ts'
import { fits } from './algorithms/algorithms.ts'

/** What `predict` takes, with the epochs that it took, if any. `model.dispose()` frees it. */
export type Learnt = Predictor & Took

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
  return learnFrom(train, params, (matrix) => ({ validation: matrix(validation), onEpoch }))
}

/**
 * The same on all examples, features included, with none left to say when to stop: `train.refit`. It goes through as many `epochs` as `learn` found best, by the same schedule; calls `onPass`
 * after each. Of what comes out, no error on these examples tells how good it is.
 */
export async function learnAgain(
  examples: readonly Example[],
  epochs: number,
  params: Params['train'],
  onPass: (pass: Pass) => void,
): Promise<Learnt> {
  return learnFrom(examples, params, () => ({ epochs, onPass }))
}

async function learnFrom(
  train: readonly Example[],
  params: Params['train'],
  until: (matrix: (examples: readonly Example[]) => Matrix) => Until,
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
  return { algorithm, fitted, ...(await fits[algorithm](matrix(train), until(matrix), params)) }
}
