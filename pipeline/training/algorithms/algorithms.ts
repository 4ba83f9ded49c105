import type { Algorithm } from '../../algorithm.ts'
import type { Fit } from './algorithm.ts'
import { perceptron } from './perceptron.ts'
import { ridge } from './ridge.ts'
import { seasonalNaive } from './seasonal-naive.ts'
import { wideAndDeep } from './wide-and-deep.ts'

/** What `train.algorithm` in params.yaml names. */
export const fits: { readonly [name in Algorithm]: Fit } = {
  perceptron,
  wide_and_deep: wideAndDeep,
  ridge,
  seasonal_naive: seasonalNaive,
}
