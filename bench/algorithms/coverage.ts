import { join } from 'node:path'
import { makeSample } from '../../pipeline/data/sample/sample.ts'
import { split } from '../../pipeline/data/split.ts'
import type { HeldOut } from '../../pipeline/evaluation/held-out.ts'
import { loadParams } from '../../pipeline/params.ts'
import { link } from '../../pipeline/task/model.ts'
import type { Bench } from '../benches.ts'
import { meanOfFew } from '../mean-of-few.ts'
import { mean, range, rounded } from '../measure.ts'
import { examplesOf } from '../sample-examples.ts'
import { type Scored, scoredOf } from './scored.ts'

// The goal, in percent: how many records lie within 90 % intervals, over all worlds.
const goal = { least: 88, most: 92 }
/** How much of a shop's noise is carried over to the next day. */
const carries = [0, 0.6, 0.9]
const names = ['perceptron', 'ridge'] as const
const firstSeed = 201

/** How many records of other generated worlds lie within the intervals of models trained there, where one day's noise tells nothing of the next, and where it does. */
export const coverage: Bench = {
  describe:
    'share of records within 90 % intervals over generated worlds, with independent and with autocorrelated noise',
  async run({ quick, say, size: worlds = quick ? 2 : 8 }) {
    const { train } = loadParams(join(import.meta.dirname, '../..'))
    const rows = []
    const missed = []
    for (const carry of carries) {
      const scored = names.map((): Scored[] => [])
      for (let world = 0; world < worlds; world++) {
        say(`coverage: noise carried over ${carry}, world ${world + 1} of ${worlds}`)
        const {
          train: learnt,
          validation,
          test,
        } = split(await examplesOf(makeSample(firstSeed + world, carry), quick ? '2021' : ''), train.split)
        for (const [at, algorithm] of names.entries()) {
          const params = quick ? { ...train, algorithm, epochs: 2 } : { ...train, algorithm }
          scored[at]?.push(await scoredOf({ train: learnt, validation, scored: test }, params))
        }
      }
      for (const [at, algorithm] of names.entries()) {
        const all = scored[at] ?? []
        const shares = all.map(({ held, records }) => (100 * held) / records.length)
        const within = meanOfFew(shares)
        const records = all.flatMap((one) => one.records)
        rows.push({
          'noise carried over': carry,
          algorithm,
          records: records.length,
          'errors, day to day': rounded(all.reduce((sum, one) => sum + carriedOver(one.records), 0) / worlds, 2),
          'within, % (95 %)': `${rounded(within.estimate, 1)} (${range(within.low, within.high)})`,
          'world by world': range(Math.min(...shares), Math.max(...shares)),
          'standard deviation': rounded(within.deviation, 1),
        })
        if (within.estimate < goal.least || within.estimate > goal.most)
          missed.push(
            `${algorithm}, noise carried over ${carry}: ${rounded(within.estimate, 1)} %, not from ${goal.least} to ${goal.most}`,
          )
      }
    }
    return {
      title: `Records within ${100 * train.interval_coverage} % intervals, of ${worlds} generated worlds: each model's year after its training and its calibration`,
      rows,
      notes: [
        `Worlds of the seeds ${firstSeed} to ${firstSeed + worlds - 1}, models of the seed ${train.seed}. The interval is Student’s t over worlds. *Errors, day to day*: their correlation from one day to the next in a shop.`,
      ],
      missed: quick ? [] : missed,
    }
  },
}

/** How much of a shop's error, on the scale of the link, comes back on the next day: the correlation at lag 1, shops together. */
function carriedOver(records: readonly HeldOut[]): number {
  let [products, squares] = [0, 0]
  for (const own of Map.groupBy(records, ({ key }) => key.split('|')[0]).values()) {
    const errors = own.map(({ actual, prediction }) => link.toModel(actual) - link.toModel(prediction))
    const middle = mean(errors)
    for (const [day, error] of errors.entries()) {
      squares += (error - middle) ** 2
      products += (error - middle) * ((errors[day + 1] ?? middle) - middle)
    }
  }
  return products / squares
}
