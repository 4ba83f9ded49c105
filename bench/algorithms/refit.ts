import { join } from 'node:path'
import { makeSample } from '../../pipeline/data/sample/sample.ts'
import { split } from '../../pipeline/data/split.ts'
import { percentMore } from '../../pipeline/evaluation/daily.ts'
import { distance } from '../../pipeline/metric.ts'
import { loadParams } from '../../pipeline/params.ts'
import { learn, learnAgain } from '../../pipeline/training/learn.ts'
import { foldsOf } from '../../pipeline/training/search/folds.ts'
import type { Bench } from '../benches.ts'
import { meanOfFew } from '../mean-of-few.ts'
import { mean, range, rounded } from '../measure.ts'
import { examplesOf } from '../sample-examples.ts'
import { intervalOf, type Judged, judgedBy } from './scored.ts'

const names = ['perceptron', 'ridge'] as const
const firstSeed = 301

/** What `train.refit: all` does to the model that ships, in the year after its release: the year that no gate has seen. */
export const refit: Bench = {
  describe: 'refit: all against refit: none, on the year after all that a pull request knows, over generated worlds',
  async run({ quick, say, size: worlds = quick ? 2 : 8 }) {
    const { train } = loadParams(join(import.meta.dirname, '../..'))
    const found = names.map((): { none: Judged; all: Judged }[] => [])
    for (let world = 0; world < worlds; world++) {
      const examples = await examplesOf(makeSample(firstSeed + world), quick ? '2020' : '')
      const [fold] = foldsOf(examples, { kind: 'rolling_origin', folds: 1 }, train.split, 1)
      if (!fold) continue
      // What the pull request has: its training, validation and test records.
      const known = [...fold.train, ...fold.validation]
      const parts = split(known, train.split)
      for (const [at, algorithm] of names.entries()) {
        say(`refit: ${algorithm}, world ${world + 1} of ${worlds}`)
        const params = { ...train, algorithm, ...(quick ? { epochs: 2 } : {}) }
        const judged = await learn(parts.train, parts.validation, params, () => {})
        const served = await learnAgain(known, judged.kept, params, () => {})
        const interval = intervalOf(judged, parts.validation, params)
        const [none, all] = [judged, served].map((model) => judgedBy(model, interval, fold.scored)) as [Judged, Judged]
        found[at]?.push({ none, all })
        judged.model.dispose()
        served.model.dispose()
      }
    }
    return {
      title: `The year after a release, of ${worlds} generated worlds: what the gate judges (none), and the same learnt again from ${train.split.validation_days + train.split.test_days} days more (all)`,
      rows: names.map((algorithm, at) => rowOf(algorithm, found[at] ?? [])),
      notes: [
        `Worlds of the seeds ${firstSeed} to ${firstSeed + worlds - 1}, models of the seed ${train.seed}; intervals are Student’s t over worlds. Prediction intervals are of the judged model's errors, for both.`,
      ],
    }
  },
}

function rowOf(algorithm: string, worlds: readonly { readonly none: Judged; readonly all: Judged }[]) {
  const error = ({ records }: Judged) => mean(records.map(distance))
  const within = (of: readonly Judged[]) => rounded(100 * mean(of.map(({ held, records }) => held / records.length)), 1)
  const more = worlds.map(({ none, all }) => percentMore(error(all), error(none)))
  const { estimate, low, high } = meanOfFew(more)
  const [none, all] = [worlds.map((world) => world.none), worlds.map((world) => world.all)]
  return {
    algorithm,
    'error, none': rounded(mean(none.map(error)), 1),
    'error, all': rounded(mean(all.map(error)), 1),
    'all against none, % (95 %)': `${rounded(estimate, 1)} (${range(low, high)})`,
    'world by world': range(Math.min(...more), Math.max(...more)),
    'within intervals, none, %': within(none),
    'within intervals, all, %': within(all),
  }
}
