import { dataHash, dvcPull } from '../data/dvc.ts'
import { InputError } from '../errors.ts'
import { type Fingerprint, fingerprint } from '../tracking/fingerprint.ts'
import { requireInstalled } from '../tracking/installed.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { findRun, type Run, runUrl, tagNames } from '../tracking/runs.ts'
import { stopping } from '../training/stopping.ts'
import type { Context } from './context.ts'
import { type FinishedTraining, finishedTraining } from './finished-training.ts'
import { keep } from './kept.ts'
import { fetchTraining, logTraining } from './log-training.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { reuse } from './reuse.ts'
import { connect } from './tracking.ts'
import { trainNow } from './train-now.ts'
import { requireValidData } from './validate-data.ts'

/** The training of the tree as it is: on this machine, and its run where there is MLflow. */
export type Training = {
  readonly fingerprint: string
  readonly digest: string
  readonly run?: string
  readonly runUrl?: string
  /** True when an earlier training was reused: nothing was trained. */
  readonly reused: boolean
  /** Where it comes from: `trained` by this step now, found on `this machine`, in `MLflow`, or where the entry looked. */
  readonly source: string
  /** Why no earlier training could be reused; absent when one was. */
  readonly why?: string
  /** False for what was found where nobody reviewed it: another run must not take it for this one's own. */
  readonly vouched: boolean
  /** Epochs trained by this step now, and those of the training that was reused, of the judged and the served model together: one of them is 0. */
  readonly epochs: number
  readonly saved: number
  readonly seconds: number
  /** The folder of all of it, `training.json` and `bundle/`, and the bundle's. */
  readonly folder: string
  readonly bundle: string
}

/**
 * The step `train`: reuses a finished training whose fingerprint is that of the tree, else trains; then logs it in MLflow, where there is one and it has no such run yet.
 * Killed at any instant and run again, it goes on: what was finished is not trained again. Throws InputError when data, `params.yaml` or MLflow are not in order,
 * or the training has another digest than is expected.
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
  const known = mlflow && (await findRun(mlflow, params.register.model, taken))
  const found = await reuse(context, taken, mlflow, known)
  const reused = 'made' in found
  if (!reused) {
    say(`train: nothing could be reused: ${found.why}`)
    await requireInstalled(root)
  }
  const { made, ...origin } = reused
    ? found
    : { made: await trainNow(context, taken), source: 'trained', vouched: true, why: found.why }
  requireExpected(context, made, origin.source)
  if (mlflow && known) requireSame(mlflow, known, made)
  const run = mlflow && (known ?? (await logTraining(context, mlflow, { ...made, ...taken, data })))
  const epochs = made.epochs.length + (made.refitEpochs ?? 0)
  const training = {
    ...candidateOf(taken, made, mlflow, run),
    ...origin,
    reused,
    epochs: reused ? 0 : epochs,
    saved: reused ? epochs : 0,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  }
  await keep(root, 'train', taken.fingerprint, {
    ...training,
    history: made.epochs,
    stopping: { name: stopping.name, unit: stopping.unit },
  })
  say(
    `train: ${made.digest.slice(0, 19)}, ${reused ? `reused from ${training.source}: 0 epochs` : `${training.epochs} epochs`}`,
  )
  return training
}

/** A training as the later steps see it. */
export type Candidate = Pick<Training, 'fingerprint' | 'digest' | 'run' | 'runUrl' | 'folder' | 'bundle'>

/** The training of the tree, which must have been done: for the steps that come after `train`. Throws InputError when it was not. */
export async function trained(context: Context, mlflow: Mlflow | null): Promise<Candidate> {
  const { root, params } = context
  await dvcPull(root)
  const taken = await fingerprint(root, params.train, await dataHash(root))
  await using _lock = await oneAtATime(context, taken.fingerprint)
  const run = mlflow && (await findRun(mlflow, params.register.model, taken))
  const here = await finishedTraining(root, taken.fingerprint)
  const made = here ?? (mlflow && run ? await fetchTraining(root, taken, mlflow, run) : undefined)
  if (!made || (mlflow && !run)) {
    const what = mlflow ? 'no run has its fingerprint' : 'no training on this machine has its fingerprint'
    throw new InputError(
      `this tree was not trained yet: ${what} (${taken.fingerprint.slice(0, 19)}), which changes with code, data and params.yaml; run \`npm run train\` first`,
    )
  }
  if (mlflow && run) requireSame(mlflow, run, made)
  return candidateOf(taken, made, mlflow, run)
}

function candidateOf(
  { fingerprint }: Fingerprint,
  { digest, folder, bundle }: FinishedTraining,
  mlflow: Mlflow | null,
  run: Run | null,
): Candidate {
  const logged = mlflow && run ? { run: run.id, runUrl: runUrl(mlflow, run) } : {}
  return { fingerprint, digest, ...logged, folder, bundle }
}

/** Throws InputError when it is not the model that an earlier job has judged. */
function requireExpected({ expected }: Context, { digest }: FinishedTraining, source: string): void {
  if (expected === undefined || digest === expected) return
  const from = source === 'trained' ? 'trained now' : `reused from ${source}`
  throw new InputError(
    `train: the model must be ${expected}, and the training ${from} is ${digest}: nothing was logged; ` +
      'run all jobs again, so that one model goes through all of them. If they differ once more, training is not repeatable here',
  )
}

/** Throws InputError when MLflow says that this fingerprint gave another model than the one that is here: which of them was reviewed, nobody could say. */
function requireSame(mlflow: Mlflow, run: Run, { digest, folder }: FinishedTraining): void {
  const logged = run.tags[tagNames.digest]
  if (logged === digest) return
  throw new InputError(
    `MLflow at ${mlflow.uri}: run ${run.id} has ${logged} for this fingerprint, and the training here is ${digest}; training is not repeatable on one of the machines, or somebody ` +
      `logged or changed one of them: find out which, and delete the wrong one, with \`mlflow runs delete --run-id ${run.id}\` or by removing ${folder}`,
  )
}
