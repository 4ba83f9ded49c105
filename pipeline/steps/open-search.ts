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
import { openThreads } from '../training/search/threads.ts'
import type { Context } from './context.ts'
import { openSearchLog } from './log-search.ts'
import { trialRunner } from './run-trials.ts'
import { searchFolder } from './search-trials.ts'
import { connect } from './tracking.ts'
import { requireValidData } from './validate-data.ts'

export type SearchOptions = {
  /** Threads that train; as many as the machine has cores when left out. They change how long it takes and nothing else. */
  readonly workers?: number
  /** Only the trials of the first rung whose number fits are done, for a machine that is one of several: `number` counts from 1. */
  readonly shard?: { readonly number: number; readonly of: number }
}

type Named = {
  /** The run's name in MLflow. */
  readonly name: string
  /** What of `params.yaml` decides which trials there are. */
  readonly of: unknown
}

/** The section `search`. Throws InputError where there is none. */
export function sectionOf({ search }: Params): NonNullable<Params['search']> {
  if (search) return search
  throw new InputError('params.yaml: there is no section search; README.md, “Search”, shows one')
}

/**
 * What trials need: data that are in order, folds of the records before the test window, threads, a folder that nobody else fills, and MLflow unless it is a shard. All ended when disposed.
 * Throws InputError when params.yaml or the data are not in order, or another process does the same.
 */
export async function openSearch(context: Context, { workers, shard }: SearchOptions, { name, of }: Named) {
  const { root, params } = context
  const { cross_validation, seed } = sectionOf(params)
  await using stack = new AsyncDisposableStack()
  await dvcPull(root)
  const data = await dataHash(root)
  await requireValidData(context)
  await requireInstalled(root)
  const { validation_days, test_days } = params.train.split
  const taken = fingerprintOf({
    ...(await programParts(root, 'pipeline/training/search/worker.ts')),
    runtime: (await fingerprint(root, params.train, data)).parts.runtime,
    data,
    folds: JSON.stringify([cross_validation, validation_days, test_days, seed]),
  })
  const folder = searchFolder(root, taken)
  await mkdir(folder, { recursive: true })
  const lock = await takeLock(join(folder, shard ? `lock-${shard.number}-of-${shard.of}` : 'lock'))
  if ('holder' in lock)
    throw new InputError(
      `search: process ${lock.holder} does the same search; wait for it, or end it and run this again`,
    )
  stack.use(lock)
  const mlflow = shard ? null : await connect(context)
  const log = mlflow && (await openSearchLog(context, mlflow, { name, id: idOf([taken, of]) }))
  const folds = foldsOf(
    searchable(await ingest(join(root, 'data')), params.train.split),
    cross_validation,
    params.train.split,
    seed,
  )
  const threads = stack.use(openThreads(workers ?? availableParallelism(), folds))
  const runner = trialRunner(context, folder, folds.length, threads.run, log?.add)
  const all = stack.move()
  return { fingerprint: taken, data, folder, folds, runner, log, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** What a search is known by in MLflow. */
const idOf = (what: unknown) => `sha256:${createHash('sha256').update(JSON.stringify(what)).digest('hex')}`
