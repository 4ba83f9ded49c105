import { join } from 'node:path'
import type { TObject } from 'typebox'
import { predictHeldOut } from '../evaluation/held-out.ts'
import { bias, mae, rmse } from '../evaluation/metrics.ts'
import { shownKey, withoutPrivate } from '../private.ts'
import { learningCurve } from '../report/charts/learning-curve.ts'
import { predictedVsActual } from '../report/charts/predicted-vs-actual.ts'
import { residualsOverTime } from '../report/charts/residuals-over-time.ts'
import { ingest } from '../task/ingest.ts'
import { type Example, keyFields, recordSchema, target } from '../task/record.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Metric } from '../tracking/runs.ts'
import { stopping } from '../training/stopping.ts'
import type { Context } from './context.ts'
import type { FinishedTraining } from './finished-training.ts'

/** How many records of the data travel with a run, for people to look at. */
const SAMPLE_RECORDS = 20

/** What a run tells about its model beside the bundle: errors on the test window, charts, and a sample of the data. Files by `folder/name`. */
export async function evaluationOf(
  { root }: Context,
  made: FinishedTraining,
): Promise<{ readonly metrics: readonly Metric[]; readonly files: { readonly [path: string]: string } }> {
  const data = join(root, 'data')
  const { manifest } = await verifyBundle(made.bundle)
  const test = await predictHeldOut(data, made.bundle, manifest.window.until)
  const metrics = Object.entries({ mae, rmse, bias }).map(([name, measure]) => ({
    key: `test_${name}`,
    value: measure(test),
  }))
  return {
    metrics,
    files: {
      'charts/learning-curve.svg': learningCurve(made.epochs, stopping),
      'charts/predicted-vs-actual.svg': predictedVsActual(test, target.unit),
      'charts/residuals-over-time.svg': residualsOverTime(test, target.unit),
      'data-sample/records.json': `${JSON.stringify(dataSample(await ingest(data)), null, 1)}\n`,
    },
  }
}

/** Examples spread evenly over the data, without what is private in `schema`. */
export function dataSample(examples: readonly Example[], schema: TObject = recordSchema) {
  const every = Math.max(1, Math.floor(examples.length / SAMPLE_RECORDS))
  const sample = examples.filter((_, index) => index % every === 0).slice(0, SAMPLE_RECORDS)
  return sample.map(({ key, record, ...rest }) => ({
    key: shownKey(schema, keyFields, key),
    ...rest,
    record: withoutPrivate(schema, record),
  }))
}
