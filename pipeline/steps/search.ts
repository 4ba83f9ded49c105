import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { dataHash, dvcPull } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { takeLock } from '../lock.ts'
import type { Params } from '../params.ts'
import { ingest } from '../task/ingest.ts'
import { fingerprint, fingerprintOf, programParts } from '../tracking/fingerprint.ts'
import { requireInstalled } from '../tracking/installed.ts'
import { foldsOf, searchable } from '../training/search/folds.ts'
import { search as searched, type Trial } from '../training/search/methods.ts'
import { openThreads } from '../training/search/threads.ts'
import type { Context } from './context.ts'
import { openSearchLog } from './log-search.ts'
import { type SearchTrial, trialRunner } from './run-trials.ts'
import { requireEpochs, withPoint } from './search-point.ts'
import { searchFolder, trialKey } from './search-trials.ts'
import { connect } from './tracking.ts'
import { requireValidData } from './validate-data.ts'

export type SearchOptions = {
  /** Threads that train; as many as the machine has cores when left out. They change how long it takes and nothing else. */
  readonly workers?: number
  /** Only the trials of the first rung whose number fits are done, for a machine that is one of several: `number` counts from 1. */
  readonly shard?: { readonly number: number; readonly of: number }
}

export type Searched = {
  readonly fingerprint: string
  /** Trials that were trained now, and those found finished: one file each in `folder`. */
  readonly trained: number
  readonly found: number
  readonly folder: string
  /** What `params.yaml` says now, at its full number of epochs; null in a shard that had not to do it. */
  readonly present: SearchTrial | null
  /** Of the last rung, best first. With a shard, those it has done. */
  readonly ranked: readonly SearchTrial[]
  /** All that were tried, in the order in which they were planned. */
  readonly trials: readonly SearchTrial[]
  readonly runUrl?: string
}

/**
 * The step `search`: tries values of the section `train` by cross-validation on the records before the test window, which no thread is ever given. A finished trial is kept in a file of its own: killed and
 * run again, the search goes on, no trial is done twice, and it comes to the same. Each trial is a run in MLflow, nested in the search's, as soon as it has ended. Throws InputError when params.yaml or the data are not in order.
 */
export async function search(context: Context, { workers, shard }: SearchOptions = {}): Promise<Searched> {
  const { root, params, say } = context
  const section = params.search
  if (!section) throw new InputError('params.yaml: there is no section search; README.md, “Search”, shows one')
  // Wrong values are told before anything is fetched or trained.
  const sectionOf = (trial: Trial) => withPoint(params.train, trial)
  await searched(section, params.train.epochs, async (trials) => {
    for (const trial of trials) requireEpochs(sectionOf(trial), section.method)
    return trials.map(() => 0)
  })
  await dvcPull(root)
  const data = await dataHash(root)
  await requireValidData(context)
  await requireInstalled(root)
  const { validation_days, test_days } = params.train.split
  const parts = {
    ...(await programParts(root, 'pipeline/training/search/worker.ts')),
    runtime: (await fingerprint(root, params.train, data)).parts.runtime,
    data,
    folds: JSON.stringify([section.cross_validation, validation_days, test_days, section.seed]),
  }
  const taken = fingerprintOf(parts)
  const folder = searchFolder(root, taken)
  await mkdir(folder, { recursive: true })
  const lock = await takeLock(join(folder, shard ? `lock-${shard.number}-of-${shard.of}` : 'lock'))
  if ('holder' in lock)
    throw new InputError(
      `search: process ${lock.holder} does the same search; wait for it, or end it and run this again`,
    )
  await using _lock = lock
  const mlflow = shard ? null : await connect(context)
  const log = mlflow && (await openSearchLog(context, mlflow, idOf(taken, params)))
  const examples = searchable(await ingest(join(root, 'data')), params.train.split)
  const folds = foldsOf(examples, section.cross_validation, params.train.split, section.seed)
  await using threads = openThreads(workers ?? availableParallelism(), folds)
  const runner = trialRunner(context, folder, folds.length, threads.run, log?.add)
  const isOurs = (index: number) => !shard || index % shard.of === shard.number - 1
  const tried = (planned: readonly Trial[], what: string) =>
    runner.run(
      planned.map((trial) => ({ ...trial, train: sectionOf(trial) })),
      what,
    )
  const trials: SearchTrial[] = []
  const searching = searched(section, params.train.epochs, async (planned, rung, rungs) => {
    // What comes after the first rung depends on all of it.
    const ours = planned.filter((_, index) => isOurs(index) && (!shard || rung === 1))
    trials.push(...(await tried(ours, rungs > 1 ? `rung ${rung} of ${rungs}` : 'trials')))
    return planned.map((trial) => find(trials, sectionOf(trial))?.error ?? Number.POSITIVE_INFINITY)
  })
  const now = isOurs(0) ? [{ point: {}, epochs: params.train.epochs }] : []
  const [ranked, [present = null]] = await Promise.all([searching, tried(now, 'the present values')])
  const result: Searched = {
    fingerprint: taken,
    ...runner.count,
    folder,
    present,
    ranked: shard ? trials : ranked.flatMap((trial) => find(trials, sectionOf(trial)) ?? []),
    trials: present ? [present, ...trials] : trials,
  }
  say(`search: ${result.trained} trials trained, ${result.found} found finished`)
  return log ? { ...result, runUrl: await log.finish({ ...result, data }) } : result
}

function find(trials: readonly SearchTrial[], train: Params['train']): SearchTrial | undefined {
  const key = trialKey(train)
  return trials.find((trial) => trial.key === key)
}

/** What a search is known by in MLflow. */
const idOf = (taken: string, { search, train }: Params) =>
  `sha256:${createHash('sha256')
    .update(JSON.stringify([taken, search, train]))
    .digest('hex')}`
