import { join } from 'node:path'
import { type MoreData, moreData } from '../evaluation/more-data.ts'
import { writeWhole } from '../files.ts'
import { checkTrain, type Params } from '../params.ts'
import { type SizePoint, sizeCurve } from '../report/charts/size-curve.ts'
import { metric } from '../task/judge.ts'
import { keyOf } from '../tracking/runs.ts'
import { type Fold, newestPart } from '../training/search/folds.ts'
import type { Context } from './context.ts'
import { flat } from './log-training.ts'
import { openSearch, type SearchOptions } from './open-search.ts'
import type { SearchTrial } from './run-trials.ts'
import { readTrial } from './search-trials.ts'

/** Of each fold's training records, the newest; and how many trainings, each of another seed: what is told is about the last doubling. */
const shares = [
  { share: 1 / 8, seeds: 1 },
  { share: 1 / 4, seeds: 1 },
  { share: 1 / 2, seeds: 3 },
  { share: 1, seeds: 3 },
]
const mostEpochs = 10_000

export type LearningCurve = {
  readonly fingerprint: string
  /** Trials that were trained now, and those found finished. */
  readonly trained: number
  readonly found: number
  readonly points: readonly SizePoint[]
  /** What more data would bring. */
  readonly state: MoreData
  /** The chart, an SVG. */
  readonly chart: string
  readonly runUrl?: string
}

/**
 * What would more data bring: the present values of `params.yaml`, learnt from shares of the training records and cross-validated by the folds of the search, without the test window. A share is a trial as the
 * search's are: kept in a file, never done twice, a run in MLflow. Throws InputError when params.yaml or the data are not in order.
 */
export async function learningCurve(context: Context, options: Pick<SearchOptions, 'workers'>): Promise<LearningCurve> {
  const { root, params, say } = context
  const named = { name: 'learning curve', of: ['learning curve', params.train] }
  await using opened = await openSearch(context, options, named)
  const { fingerprint, data, folder, folds, runner, log } = opened
  const planned = shares.flatMap(({ share, seeds }) =>
    Array.from({ length: seeds }, (_, at) => {
      const train = withSteps({ ...params.train, seed: (params.train.seed + at) % 2 ** 32 }, share)
      const name = `${100 * share} % of the records${seeds > 1 ? `, seed ${train.seed}` : ''}`
      return { point: {}, epochs: train.epochs, train, share, name }
    }),
  )
  const trials = await runner.run(planned, 'learning curve')
  const of = (share: number) => trials.filter((trial) => trial.share === share)
  const scored = async (share: number) =>
    Promise.all(of(share).map(async (trial) => (await readTrial(folder, trial, folds.length))?.scores ?? []))
  const points = shares.map(({ share }) => pointOf(share, of(share), newestPart(folds, share)))
  const isGrouped = params.search?.cross_validation.kind === 'grouped'
  const state = moreData({ half: await scored(1 / 2), all: await scored(1) }, metric.name, isGrouped)
  const svg = sizeCurve(points, metric, state)
  const chart = join(root, '.mergeline', 'learning-curve', 'learning-curve-by-records.svg')
  await writeWhole(chart, svg)
  say(`learning curve: ${runner.count.trained} trials trained, ${runner.count.found} found finished`)
  const result = { fingerprint, ...runner.count, points, state, chart }
  if (!log) return result
  const metrics = points.flatMap(({ share, error, records }) => [
    { key: 'training_records', value: records, step: Math.round(100 * share) },
    ...(error === null ? [] : [{ key: `by_share_${keyOf(metric.name)}`, value: error, step: Math.round(100 * share) }]),
  ])
  const told = { ...flat(params.train), data, 'more data': state.is }
  const files = { 'charts/learning-curve-by-records.svg': svg }
  return { ...result, runUrl: await log.finish({ trials, params: told, metrics, files }) }
}

/** An epoch of fewer records has fewer steps: more epochs make up for them, or a small share would look worse for being trained less. */
function withSteps(train: Params['train'], share: number): Params['train'] {
  const more = (epochs: number) => Math.min(mostEpochs, Math.round(epochs / share))
  return checkTrain({ ...train, epochs: more(train.epochs), patience: more(train.patience) }, 'learning curve')
}

function pointOf(share: number, trials: readonly SearchTrial[], folds: readonly Fold[]): SizePoint {
  const mean = (errors: readonly (number | null)[]): number | null =>
    errors.includes(null) ? null : errors.reduce<number>((sum, error) => sum + Number(error), 0) / errors.length
  return {
    share,
    records: Math.round(folds.reduce((sum, { train }) => sum + train.length, 0) / folds.length),
    error: mean(trials.map(({ error }) => error)),
    folds: folds.map((_, fold) => mean(trials.map((trial) => trial.folds[fold] ?? null))),
  }
}
