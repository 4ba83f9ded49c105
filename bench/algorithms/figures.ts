import { daysOf, meanInterval, percentMore, relativeInterval } from '../../pipeline/evaluation/daily.ts'
import { distance } from '../../pipeline/metric.ts'
import type { Params } from '../../pipeline/params.ts'
import { target } from '../../pipeline/task/record.ts'
import { mean, range, rounded } from '../measure.ts'
import type { Scored } from './scored.ts'

/** What one algorithm reached: `above` the floor and `held` by its intervals in percent, `cpuSeconds` of one training. */
export type Figures = {
  readonly cells: { readonly [column: string]: string | number }
  readonly above: number
  readonly held: number
  readonly cpuSeconds: number
}

/**
 * The error of an algorithm, by its seeds and then by window, against `floors`: the least expected error of each record, by key. Both are of the very same records, so that what is
 * hard to predict in one season is in neither's favour.
 */
export function figuresOf(
  bySeed: readonly (readonly Scored[])[],
  floors: ReadonlyMap<string, number>,
  policy: Params['evaluate_gate'],
): Figures {
  const drawn = bySeed.map((windows) => windows.flatMap(({ records }) => records))
  const records = drawn[0] ?? []
  const which = [...records.keys()]
  const errors = which.map((row) =>
    mean(drawn.map((own) => distance(own[row] ?? { actual: 0, prediction: Number.NaN }))),
  )
  const floor = records.map(({ key }) => floors.get(key) ?? Number.NaN)
  const days = daysOf(records)
  const options = { ...policy, blockDays: policy.block_days }
  const error = meanInterval(days, which, (row) => errors[row] ?? Number.NaN, options)
  const more = relativeInterval(
    days,
    which,
    (row) => errors[row] ?? Number.NaN,
    (row) => floor[row] ?? Number.NaN,
    options,
  )
  const ofSeeds = drawn.map((own) => percentMore(mean(own.map(distance)), mean(floor)))
  const all = bySeed.flat()
  return {
    cells: {
      records: records.length,
      [`MAE, ${target.unit} (${100 * policy.confidence} %)`]: `${rounded(error.estimate, 1)} (${range(error.low, error.high)})`,
      floor: rounded(mean(floor), 1),
      'above it, %': `${rounded(more.estimate, 1)} (${range(more.low, more.high)})`,
      'seed by seed': range(Math.min(...ofSeeds), Math.max(...ofSeeds)),
    },
    above: more.estimate,
    held: 100 * (sum(all.map(({ held }) => held)) / sum(all.map((one) => one.records.length))),
    cpuSeconds: mean(all.map(({ cpuSeconds }) => cpuSeconds)),
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
