import { join } from 'node:path'
import { algorithms as names } from '../../pipeline/algorithm.ts'
import { dayOf } from '../../pipeline/data/sample/calendar.ts'
import { floorOf } from '../../pipeline/data/sample/floor.ts'
import { makeWorld } from '../../pipeline/data/sample/sales.ts'
import { makeSample, sampleFrom, sampleSeed, sampleTo } from '../../pipeline/data/sample/sample.ts'
import { daysOf, meanInterval } from '../../pipeline/evaluation/daily.ts'
import type { HeldOut } from '../../pipeline/evaluation/held-out.ts'
import { distance } from '../../pipeline/metric.ts'
import { loadParams } from '../../pipeline/params.ts'
import { target } from '../../pipeline/task/record.ts'
import { foldsOf } from '../../pipeline/training/search/folds.ts'
import type { Bench } from '../benches.ts'
import { rounded } from '../measure.ts'
import { examplesOf } from '../sample-examples.ts'
import { type Scored, scoredOf } from './scored.ts'

// The goal: the best algorithm's error over all windows is at most this far above what no model can be better than, in percent.
const aboveFloor = 10

/** Each algorithm on the sample, scored on whole years that follow what it was trained on, one after the other, against the noise that the generator adds. */
export const algorithms: Bench = {
  describe: 'each algorithm on the default task: rolling-origin error against the noise floor, intervals, CPU time',
  async run({ quick, say, size = quick ? 1 : 2 }) {
    const { train, evaluate_gate: policy } = loadParams(join(import.meta.dirname, '../..'))
    const { confidence, resamples, block_days: blockDays, seed } = policy
    const examples = await examplesOf(makeSample())
    const folds = foldsOf(examples, { kind: 'rolling_origin', folds: size }, train.split, 1)
    const { sales } = makeWorld(sampleSeed, sampleFrom, sampleTo)
    const floorBetween = (from: string, to: string) =>
      floorOf(sales.filter(({ day }) => day >= dayOf(from) && day <= dayOf(to)))
    const row = (algorithm: string, window: string, scored: readonly Scored[]) => {
      const records = scored.flatMap((one) => one.records)
      const days = daysOf(records)
      const floor = floorBetween(days.from, days.to)
      const error = meanInterval(days, [...records.keys()], (row) => distance(records[row] as HeldOut), {
        ...{ confidence, resamples, blockDays, seed },
      })
      const above = (value: number) => rounded(100 * (value / floor - 1), 1)
      const sum = (of: (one: Scored) => number) => scored.reduce((total, one) => total + of(one), 0)
      const cells = {
        algorithm,
        window,
        records: records.length,
        [`MAE, ${target.unit} (${100 * confidence} %)`]: `${rounded(error.estimate, 1)} (${rounded(error.low, 1)} to ${rounded(error.high, 1)})`,
        floor: rounded(floor, 1),
        'above it, %': `${above(error.estimate)} (${above(error.low)} to ${above(error.high)})`,
        [`within ${100 * train.interval_coverage} % intervals, %`]: rounded(
          (100 * sum(({ held }) => held)) / records.length,
          1,
        ),
        'CPU s': rounded(
          sum(({ cpuSeconds }) => cpuSeconds),
          1,
        ),
      }
      return { cells, above: above(error.estimate) }
    }
    const rows = []
    const above: number[] = []
    for (const algorithm of names) {
      const scored: Scored[] = []
      for (const [at, fold] of folds.entries()) {
        say(`algorithms: ${algorithm}, window ${at + 1} of ${folds.length}`)
        scored.push(await scoredOf(fold, quick ? { ...train, algorithm, epochs: 2 } : { ...train, algorithm }))
        const window = `${fold.scored[0]?.time} to ${fold.scored.at(-1)?.time}`
        rows.push(row(algorithm, window, scored.slice(-1)).cells)
      }
      const together = row(algorithm, 'all', scored)
      rows.push(together.cells)
      above.push(together.above)
    }
    const best = Math.min(...above)
    return {
      title: `Each algorithm on ${size} ${size === 1 ? 'window' : 'windows'} of ${train.split.validation_days} days, each trained on all that lies before it, the last of it for early stopping and intervals`,
      rows,
      notes: [
        `Models of the seed ${train.seed}; intervals of the error are over days. The floor is the least error of any model: the noise that the generator adds.`,
      ],
      missed: quick || best <= aboveFloor ? [] : [`the best is ${best} % above the floor, not ${aboveFloor} %`],
    }
  },
}
