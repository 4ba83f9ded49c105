import { type SplitParams, split } from '../data/split.ts'
import { fitFeatures, transformRecord } from '../features/feature.ts'
import { features, naive } from '../task/features.ts'
import type { Example } from '../task/record.ts'
import { fitLinear, predictLinear } from '../training/algorithms/linear.ts'
import { heldOutOf } from './held-out.ts'
import type { Predictions } from './match.ts'

/**
 * What a model must beat, for all records after the date `after`: the seasonal naive prediction, which each record carries, and a linear model
 * on the same features, fitted on the same training records as the network and nothing else. Examples are sorted by time.
 */
export function baselinesHeldOut(
  examples: readonly Example[],
  params: SplitParams,
  after: string,
): readonly Predictions[] {
  const { train } = split(examples, params)
  const fitted = fitFeatures(
    features,
    train.map(({ record }) => record),
  )
  const rowOf = ({ record }: (typeof examples)[number]) => transformRecord(features, fitted, record)
  const linear = fitLinear(
    train.map(rowOf),
    train.map(({ target }) => target),
  )
  return [
    {
      name: 'seasonal naive',
      records: heldOutOf(examples, after, (unseen) => unseen.map(({ record }) => naive(record))),
    },
    {
      name: 'linear',
      records: heldOutOf(examples, after, (unseen) =>
        unseen.map((example) => Math.max(0, predictLinear(linear, rowOf(example)))),
      ),
    },
  ]
}
