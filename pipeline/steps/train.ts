import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataHash, dvcPull } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { takeLock } from '../lock.ts'
import { fetchBundle } from '../tracking/fetch-bundle.ts'
import { fingerprint } from '../tracking/fingerprint.ts'
import { requireInstalled } from '../tracking/installed.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { findRun, type Run, runUrl, tagNames } from '../tracking/runs.ts'
import type { Context } from './context.ts'
import { keep } from './kept.ts'
import { logTraining } from './log-training.ts'
import { connect } from './tracking.ts'
import { historyOf, trainOnce } from './train-once.ts'
import { requireValidData } from './validate-data.ts'

/** The training of the tree as it is: its run, and the bundle on this machine. */
export type Training = {
  readonly fingerprint: string
  readonly digest: string
  readonly run: string
  readonly runUrl: string
  /** True when a run with this fingerprint was there already: nothing was trained. */
  readonly reused: boolean
  /** Epochs trained by this step now: 0 when the run was reused. */
  readonly epochs: number
  readonly seconds: number
  /** The bundle's folder. */
  readonly bundle: string
}

/**
 * The step `train`: reuses the run whose fingerprint is that of the tree, else trains and logs it in MLflow. Killed at any instant and run again, it goes on:
 * a training that was finished but not logged is logged, not repeated. Throws InputError when data, `params.yaml` or MLflow are not in order.
 */
export async function train(context: Context): Promise<Training> {
  const started = performance.now()
  const { root, params, say } = context
  await dvcPull(root)
  const data = await dataHash(root)
  await requireValidData(context)
  const taken = await fingerprint(root, params.train, data)
  const mlflow = await connect(context)
  await using _lock = await oneAtATime(context, taken.fingerprint)
  const known = await findRun(mlflow, params.register.model, taken)
  if (known) {
    const found = await reuse(context, mlflow, known)
    const training = { ...found, reused: true, epochs: 0, seconds: secondsSince(started) }
    await keep(root, 'train', taken.fingerprint, { ...training, history: await historyOf(root, taken) })
    say(`train: run ${known.id} has this fingerprint (${taken.fingerprint.slice(0, 19)}): reused, 0 epochs`)
    return training
  }
  await requireInstalled(root)
  const made = await trainOnce(context, taken)
  const run = await logTraining(context, mlflow, { ...made, ...taken, data })
  say(`train: ${made.digest.slice(0, 19)} after ${made.trained} epochs, logged as run ${run.id}`)
  const training = {
    fingerprint: taken.fingerprint,
    digest: made.digest,
    run: run.id,
    runUrl: runUrl(mlflow, run),
    reused: made.trained === 0,
    epochs: made.trained,
    seconds: secondsSince(started),
    bundle: made.bundle,
  }
  await keep(root, 'train', taken.fingerprint, { ...training, history: made.epochs })
  return training
}

/** Two that train the same at once would do it twice: the second waits, and finds the first one's run. */
async function oneAtATime({ root, say }: Context, fingerprint: string): Promise<AsyncDisposable> {
  const folder = join(root, '.mergeline', 'trainings')
  await mkdir(folder, { recursive: true })
  for (let told = false; ; told = true) {
    const lock = await takeLock(join(folder, `${fingerprint.replace(':', '-')}.lock`))
    if (!('holder' in lock)) return lock
    if (!told) say(`train: process ${lock.holder} is training the same; waiting for it …`)
    await sleep(500)
  }
}

/** A training as the later steps see it. */
export type Candidate = Omit<Training, 'reused' | 'epochs' | 'seconds'>

/** The training of the tree, which must have been done: for the steps that come after `train`. Throws InputError when it was not. */
export async function trained(context: Context, mlflow: Mlflow): Promise<Candidate> {
  const { root, params } = context
  await dvcPull(root)
  const taken = await fingerprint(root, params.train, await dataHash(root))
  const run = await findRun(mlflow, params.register.model, taken)
  if (!run) {
    throw new InputError(
      `this tree was not trained yet: no run has its fingerprint (${taken.fingerprint.slice(0, 19)}), which changes with code, data and params.yaml; run \`npm run train\` first`,
    )
  }
  return reuse(context, mlflow, run)
}

async function reuse({ root }: Context, mlflow: Mlflow, run: Run) {
  const digest = run.tags[tagNames.digest] ?? ''
  const bundle = await fetchBundle(mlflow, root, { digest, run: run.id })
  return { fingerprint: run.tags[tagNames.fingerprint] ?? '', digest, run: run.id, runUrl: runUrl(mlflow, run), bundle }
}

const secondsSince = (started: number) => Math.round((performance.now() - started) / 100) / 10
