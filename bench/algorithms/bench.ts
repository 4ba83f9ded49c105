import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { algorithms as names } from '../../pipeline/algorithm.ts'
import { stateFloor } from '../../pipeline/data/sample/floor.ts'
import { makeWorld } from '../../pipeline/data/sample/sales.ts'
import { makeSample, sampleFrom, sampleSeed, sampleTo } from '../../pipeline/data/sample/sample.ts'
import { daysOf, meanInterval } from '../../pipeline/evaluation/daily.ts'
import { type HeldOut, heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import { distance } from '../../pipeline/metric.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { type Example, target } from '../../pipeline/task/record.ts'
import { predict } from '../../pipeline/tracking/bundle.ts'
import { calibrate } from '../../pipeline/training/interval.ts'
import { learn } from '../../pipeline/training/learn.ts'
import { type Fold, foldsOf } from '../../pipeline/training/search/folds.ts'
import type { Bench } from '../benches.ts'
import { rounded } from '../measure.ts'

// The goal: the best algorithm's error is at most this far above what no model can be better than.
const aboveFloor = 10

/** Each algorithm on the sample, scored on whole years that follow what it was trained on, against the noise that the generator adds. */
export const algorithms: Bench = {
  describe: 'each algorithm on the default task: rolling-origin error against the noise floor, intervals, CPU time',
  async run({ quick, say, size = quick ? 1 : 2 }) {
    const { train, evaluate_gate: policy } = loadParams(join(import.meta.dirname, '../..'))
    const examples = await sampleExamples()
    const folds = foldsOf(examples, { kind: 'rolling_origin', folds: size }, train.split, 1)
    const world = makeWorld(sampleSeed, sampleFrom, sampleTo)
    const { noiseFloorMae: floor } = stateFloor(world, size * train.split.validation_days)
    const { confidence, resamples, block_days: blockDays, seed } = policy
    const rows = []
    const above: number[] = []
    for (const algorithm of names) {
      const before = process.cpuUsage()
      const scored: Scored[] = []
      for (const [at, fold] of folds.entries()) {
        say(`algorithms: ${algorithm}, year ${at + 1} of ${folds.length}`)
        scored.push(await scoredOf(fold, quick ? { ...train, algorithm, epochs: 2 } : { ...train, algorithm }))
      }
      const { user, system } = process.cpuUsage(before)
      const records = scored.flatMap((one) => one.records)
      const error = meanInterval(daysOf(records), [...records.keys()], (row) => distance(records[row] as HeldOut), {
        confidence,
        resamples,
        blockDays,
        seed,
      })
      above.push(100 * (error.estimate / floor - 1))
      const held = scored.reduce((sum, one) => sum + one.held, 0)
      rows.push({
        algorithm,
        [`MAE, ${target.unit} (95 %)`]: `${rounded(error.estimate, 1)} (${rounded(error.low, 1)} to ${rounded(error.high, 1)})`,
        'above the floor': `${rounded(above.at(-1) ?? 0, 1)} %`,
        'CPU s a training': rounded((user + system) / 1e6 / folds.length, 1),
        [`held by ${100 * train.interval_coverage} % intervals`]: `${rounded((100 * held) / records.length, 1)} %`,
      })
    }
    const best = Math.min(...above)
    return {
      title: `Each algorithm on ${size} ${size === 1 ? 'year' : 'years'} (${size * train.split.validation_days} days) after its training; the noise floor is ${rounded(floor, 1)} ${target.unit}`,
      rows,
      missed:
        quick || best <= aboveFloor ? [] : [`the best is ${rounded(best, 1)} % above the floor, not ${aboveFloor} %`],
    }
  },
}

type Scored = { readonly records: readonly HeldOut[]; readonly held: number }

/** Trains and calibrates as `make-bundle.ts` does; `held` counts the scored records within their intervals. */
async function scoredOf({ train, validation, scored }: Fold, params: Params['train']): Promise<Scored> {
  const learnt = await learn(train, validation, params, () => {})
  const predictions = (of: readonly Example[]) =>
    predict(
      learnt,
      of.map(({ record }) => record),
    )
  const interval = calibrate(
    { actual: validation.map((example) => example.target), predicted: predictions(validation) },
    params.interval_coverage,
  )
  const records = heldOutOf(scored, '', predictions)
  learnt.model.dispose()
  const held = records.filter(({ actual, prediction }) => {
    const bounds = interval && boundsOf(interval, prediction)
    return bounds && bounds.low <= actual && actual <= bounds.high
  })
  return { records, held: held.length }
}

async function sampleExamples(): Promise<readonly Example[]> {
  const root = await mkdtemp(join(tmpdir(), 'mergeline-algorithms-'))
  try {
    for (const [path, text] of Object.entries(makeSample().files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    return await ingest(join(root, 'data'))
  } finally {
    await rm(root, { recursive: true })
  }
}
