import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { learningCurve } from '../../pipeline/report/charts/learning-curve.ts'
import { recordSchema, target } from '../../pipeline/task/record.ts'
import { uploadFolder } from '../../pipeline/tracking/artifacts.ts'
import { logDataset } from '../../pipeline/tracking/dataset.ts'
import type { Mlflow } from '../../pipeline/tracking/mlflow.ts'
import { mlmodel } from '../../pipeline/tracking/mlmodel.ts'
import {
  createRun,
  finishRun,
  logMetrics,
  logParams,
  type Run,
  setTags,
  tagNames,
} from '../../pipeline/tracking/runs.ts'

export const fingerprint = `sha256:${'a'.repeat(64)}`
export const digest = `sha256:${'b'.repeat(64)}`
export const commit = 'c0ffee0'.padEnd(40, '0')

/** Logs a run the way training does, with a bundle that holds no more than its MLmodel and some weights. */
export async function logSampleRun(mlflow: Mlflow, experiment = 'ice-cream-sales'): Promise<Run> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'mergeline-bundle-'))
  const [bundle, charts] = [join(dir.path, 'bundle'), join(dir.path, 'charts')]
  await mkdir(bundle)
  await mkdir(charts)
  await writeFile(join(bundle, 'MLmodel'), mlmodel(recordSchema, target))
  await writeFile(join(bundle, 'weights.bin'), Buffer.alloc(100_000, 7))
  await writeFile(
    join(charts, 'learning curve.svg'),
    learningCurve(
      [
        { epoch: 1, loss: 0.5, validationError: 40 },
        { epoch: 2, loss: 0.4, validationError: 35 },
      ],
      { name: 'MAE', unit: 'units' },
    ),
  )
  const tags = {
    [tagNames.fingerprint]: fingerprint,
    [tagNames.commit]: commit,
    'mlflow.source.name': 'pipeline/cli.ts train',
    'mlflow.user': 'Ada',
  }
  const run = await createRun(mlflow, experiment, { name: 'train', tags })
  await logParams(mlflow, run.id, { epochs: 80, hidden: [64, 32] })
  await logMetrics(
    mlflow,
    run.id,
    Array.from({ length: 1200 }, (_, step) => ({ key: 'validation_mae', value: 50 / (step + 1), step })),
  )
  await logDataset(mlflow, run.id, {
    name: 'data',
    digest: `${'0123456789abcdef'.repeat(2)}.dir`,
    source: { file: 'data.dvc' },
    recordSchema,
    target,
    profile: { records: 17_520 },
    context: 'training',
  })
  await uploadFolder(mlflow, run.id, bundle, 'bundle')
  await uploadFolder(mlflow, run.id, charts, 'charts')
  await setTags(mlflow, run.id, { [tagNames.digest]: digest })
  await finishRun(mlflow, run.id, 'FINISHED')
  return run
}
