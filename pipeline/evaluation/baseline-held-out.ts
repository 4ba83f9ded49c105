import { type SplitParams, split } from '../data/split.ts'
import { fitFeatures, transformRecord } from '../features/feature.ts'
import { features, naive } from '../task/features.ts'
import { link } from '../task/model.ts'
import { type Example, target } from '../task/record.ts'
import { fitLinear, predictLinear } from '../training/algorithms/linear.ts'
import { fitLogistic } from '../training/algorithms/logistic.ts'
import { heldOutOf } from './held-out.ts'
import type { Predictions } from './match.ts'

// Without any, classes that a feature separates would have weights without end.
const classesRidge = 1e-4

/**
 * What a model must beat, for all records after the date `after`: the seasonal naive prediction, which each record carries, and a linear model
 * (for classes logistic regression) on the same features, fitted on the same training records as the network and nothing else. Examples are sorted by time.
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
  const rows = train.map(rowOf)
  const targets = train.map(({ target }) => target)
  const linear = link.classes ? fitLogistic(rows, targets, classesRidge) : fitLinear(rows, targets)
  const told = (example: Example) => {
    const value = predictLinear(linear, rowOf(example))
    return link.classes ? link.fromModel(value) : Math.min(target.maximum, Math.max(target.minimum, value))
  }
  return [
    {
      name: 'seasonal naive',
      records: heldOutOf(examples, after, (unseen) => unseen.map(({ record }) => naive(record))),
    },
    {
      name: 'linear',
      records: heldOutOf(examples, after, (unseen) => unseen.map(told)),
    },
  ]
}
