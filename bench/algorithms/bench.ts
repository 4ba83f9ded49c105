import { join } from 'node:path'
import { algorithms as names } from '../../pipeline/algorithm.ts'
import { isoOf } from '../../pipeline/data/sample/calendar.ts'
import { floorOf } from '../../pipeline/data/sample/floor.ts'
import { makeWorld } from '../../pipeline/data/sample/sales.ts'
import { makeSample, sampleFrom, sampleSeed, sampleTo } from '../../pipeline/data/sample/sample.ts'
import { loadParams } from '../../pipeline/params.ts'
import { foldsOf } from '../../pipeline/training/search/folds.ts'
import type { Bench } from '../benches.ts'
import { rounded } from '../measure.ts'
import { examplesOf } from '../sample-examples.ts'
import { figuresOf } from './figures.ts'
import { type Scored, scoredOf } from './scored.ts'

// The goal: the best algorithm's error over all windows is at most this far above what no model can be better than, in percent.
const aboveFloor = 10

/** Each algorithm on the sample, scored on whole years that follow what it was trained on, one after the other, against the noise that the generator adds. */
export const algorithms: Bench = {
  describe: 'each algorithm on the default task: rolling-origin error against the noise floor, intervals, CPU time',
  async run({ quick, say, size = quick ? 1 : 2 }) {
    const { train, evaluate_gate: policy } = loadParams(join(import.meta.dirname, '../..'))
    const folds = foldsOf(await examplesOf(makeSample()), { kind: 'rolling_origin', folds: size }, train.split, 1)
    const { sales } = makeWorld(sampleSeed, sampleFrom, sampleTo)
    const floors = new Map(sales.map((sale) => [`${sale.shop.name}|${isoOf(sale.day)}`, floorOf([sale])]))
    const seeds = Array.from({ length: quick ? 1 : 5 }, (_, at) => train.seed + at)
    const percent = 100 * train.interval_coverage
    const rows = []
    const above: number[] = []
    for (const algorithm of names) {
      const bySeed: Scored[][] = []
      for (const seed of seeds) {
        const windows: Scored[] = []
        for (const [at, fold] of folds.entries()) {
          say(`algorithms: ${algorithm}, seed ${seed}, window ${at + 1} of ${folds.length}`)
          const params = { ...train, algorithm, seed }
          windows.push(await scoredOf(fold, quick ? { ...params, epochs: 2 } : params))
        }
        bySeed.push(windows)
      }
      for (const [at, fold] of [...folds, undefined].entries()) {
        const found = figuresOf(fold ? bySeed.map((windows) => windows.slice(at, at + 1)) : bySeed, floors, policy)
        rows.push({
          algorithm,
          window: fold ? `${fold.scored[0]?.time} to ${fold.scored.at(-1)?.time}` : 'all',
          ...found.cells,
          [`within ${percent} % intervals, %`]: rounded(found.held, 1),
          'CPU s a training': rounded(found.cpuSeconds, 1),
        })
        if (!fold) above.push(found.above)
      }
    }
    const best = Math.min(...above)
    return {
      title: `Each algorithm on ${size} ${size === 1 ? 'window' : 'windows'} of ${train.split.validation_days} days, trained on all that lies before, the last ${train.split.validation_days} days of that for early stopping and intervals`,
      rows,
      notes: [
        `Means over models of the seeds ${seeds[0]} to ${seeds.at(-1)}; intervals are over blocks of ${policy.block_days} days. The floor is the least error that any model can have in expectation: the noise that the generator adds.`,
      ],
      missed:
        quick || best <= aboveFloor ? [] : [`the best is ${rounded(best, 1)} % above the floor, not ${aboveFloor} %`],
    }
  },
}
