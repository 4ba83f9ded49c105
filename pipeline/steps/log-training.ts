import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { tryGit } from '../release/git.ts'
import { recordSchema, target } from '../task/record.ts'
import { downloadFolder, uploadFolder } from '../tracking/artifacts.ts'
import { logDataset } from '../tracking/dataset.ts'
import { BUNDLE_ARTIFACT } from '../tracking/fetch-bundle.ts'
import type { Fingerprint } from '../tracking/fingerprint.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { MlflowError } from '../tracking/mlflow-error.ts'
import {
  createRun,
  DIGEST_PARAM,
  finishRun,
  keyOf,
  logMetrics,
  logParams,
  type Run,
  setTags,
  tagNames,
} from '../tracking/runs.ts'
import { stopping } from '../training/stopping.ts'
import type { Context } from './context.ts'
import { type FinishedTraining, placeFor, toldFile } from './finished-training.ts'
import { keptDrawings } from './kept-exploration.ts'
import { evaluationOf } from './training-evaluation.ts'

/** Where a run keeps `training.json` among its artifacts. */
const TOLD_ARTIFACT = 'training'

/**
 * Logs a finished training as one run in MLflow: params, metrics by epoch, data with their DVC hash, commit, fingerprint, bundle, charts and a sample of the data.
 * The digest is the last tag: a run that was left half-logged is never taken for a finished one.
 */
export async function logTraining(
  context: Context,
  mlflow: Mlflow,
  made: FinishedTraining & Fingerprint & { readonly data: string },
): Promise<Run> {
  const { root, params, progress } = context
  progress('train: logging the run in MLflow …')
  const commit = (await tryGit(root, ['rev-parse', 'HEAD'])).output
  const changed = (await tryGit(root, ['status', '--porcelain', '--untracked-files=no'])).output !== ''
  const branch = (await tryGit(root, ['branch', '--show-current'])).output
  const run = await createRun(mlflow, params.register.model, {
    name: branch || commit.slice(0, 12) || 'training',
    tags: {
      [tagNames.fingerprint]: made.fingerprint,
      [tagNames.commit]: commit,
      'mlflow.source.name': 'pipeline/training/make-bundle.ts',
      'mlflow.source.type': 'PROJECT',
      'mergeline.uncommitted': String(changed),
    },
  })
  try {
    const evaluation = await evaluationOf(context, made)
    await logParams(mlflow, run.id, { ...flat(params.train), data: made.data, [DIGEST_PARAM]: made.digest })
    await logMetrics(mlflow, run.id, [
      ...made.epochs.flatMap(({ epoch, loss, validationError }) => [
        { key: 'loss', value: loss, step: epoch },
        { key: `validation_${keyOf(stopping.name)}`, value: validationError, step: epoch },
      ]),
      ...evaluation.metrics,
      { key: 'training_seconds', value: made.seconds },
      ...(made.cpuSeconds === undefined ? [] : [{ key: 'training_cpu_seconds', value: made.cpuSeconds }]),
    ])
    await logDataset(mlflow, run.id, {
      name: 'data',
      digest: made.data,
      source: { dvc: 'data.dvc', md5: made.data, commit },
      recordSchema,
      target,
      profile: made.records,
      context: 'training',
    })
    const told = await readFile(join(made.folder, toldFile), 'utf8')
    const seen = Object.entries(await keptDrawings(context)).map(([file, svg]) => [`exploration/${file}`, svg])
    await uploadTexts(mlflow, run.id, {
      ...evaluation.files,
      ...Object.fromEntries(seen),
      [`${TOLD_ARTIFACT}/${toldFile}`]: told,
    })
    await uploadFolder(mlflow, run.id, made.bundle, BUNDLE_ARTIFACT)
    await setTags(mlflow, run.id, { [tagNames.digest]: made.digest })
    await finishRun(mlflow, run.id, 'FINISHED')
    return run
  } catch (error) {
    // What failed is told by the error; that the run did, MLflow should know as well.
    await finishRun(mlflow, run.id, 'FAILED').catch(() => {})
    throw error
  }
}

/**
 * Brings the finished training that a run has logged to its place on this machine. Throws MlflowError when MLflow cannot be asked, InputError when the run has not
 * all of it, or not what its tag says.
 */
export async function fetchTraining(
  root: string,
  { fingerprint }: Fingerprint,
  mlflow: Mlflow,
  run: Run,
): Promise<FinishedTraining> {
  await using place = await placeFor(root, fingerprint)
  try {
    await downloadFolder(mlflow, run.id, TOLD_ARTIFACT, place.folder)
    await downloadFolder(mlflow, run.id, BUNDLE_ARTIFACT, join(place.folder, 'bundle'))
    return await place.accept(run.tags[tagNames.digest])
  } catch (cause) {
    if (cause instanceof MlflowError || !(cause instanceof InputError)) throw cause
    throw new InputError(`MLflow run ${run.id} has no whole training: ${cause.message}`, { cause })
  }
}

/** Uploads texts as a run's artifacts, each by `folder/name`. */
export async function uploadTexts(
  mlflow: Mlflow,
  runId: string,
  files: { readonly [path: string]: string },
): Promise<void> {
  const beside = await mkdtemp(join(tmpdir(), 'mergeline-charts-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      const [folder = '', name = ''] = path.split('/')
      await mkdir(join(beside, folder), { recursive: true })
      await writeFile(join(beside, folder, name), text)
    }
    for (const folder of new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))) {
      await uploadFolder(mlflow, runId, join(beside, folder), folder)
    }
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/** `{network: {hidden: [24]}}` → `{'network.hidden': [24]}`: MLflow's page compares runs by flat names. */
export function flat(value: object, prefix = ''): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'object' && !Array.isArray(item)
        ? Object.entries(flat(item, `${prefix}${key}.`))
        : [[`${prefix}${key}`, item]],
    ),
  )
}
