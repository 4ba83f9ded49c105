import type { Algorithm } from '../algorithm.ts'
import type { Feature, Features } from '../features/feature.ts'
import { features, naive } from '../task/features.ts'
import { link } from '../task/model.ts'
import type { TaskRecord } from '../task/record.ts'

// One number, on the scale that every network's output is on.
const seasonalNaive: Feature<TaskRecord, null> = {
  name: 'seasonal naive',
  fit: () => null,
  columns: () => ['seasonal naive'],
  transform: (_, record) => [link.toModel(naive(record))],
}

/** What a model sees of a record: the task's features, or, for the seasonal naive one, what it repeats. */
export const inputsOf = (algorithm: Algorithm): Features<TaskRecord> =>
  algorithm === 'seasonal_naive' ? [seasonalNaive] : features
