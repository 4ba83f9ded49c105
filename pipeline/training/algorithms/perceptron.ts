import { build } from '../../task/model.ts'
import { fit } from '../fit.ts'
import { levelOf } from '../level.ts'
import type { Fit } from './algorithm.ts'

/** The task's own network (`build` in pipeline/task/model.ts), by gradient descent. */
export const perceptron: Fit = async (train, until, params) => {
  const model = build(train.rows[0]?.length ?? 0, params.network, params.seed, levelOf(train.targets))
  return { model, ...(await fit(model, train, until, params)) }
}
