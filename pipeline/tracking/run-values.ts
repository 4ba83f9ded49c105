import { ask, type Mlflow } from './mlflow.ts'

/** One measured value. `step` is the epoch; `at` is ms since 1970, now when absent. */
export type Metric = { readonly key: string; readonly value: number; readonly step?: number; readonly at?: number }

/** The key of a metric with that name: `log loss` → `log_loss`. */
export const keyOf = (name: string): string => name.toLowerCase().replaceAll(/\W+/g, '_')

/** MLflow's own limits for one batch (REST API, "Log Batch": 1,000 metrics, 100 params, 100 tags). */
const METRICS_A_BATCH = 1000
const OTHERS_A_BATCH = 100

/** Logs params. They are immutable in MLflow: the same value again is fine, another is an error. */
export async function logParams(
  mlflow: Mlflow,
  runId: string,
  params: { readonly [name: string]: unknown },
): Promise<void> {
  const texts = Object.entries(params).map(
    ([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  )
  for (const batch of batches(keyValues(Object.fromEntries(texts)), OTHERS_A_BATCH))
    await logBatch(mlflow, runId, { params: batch })
}

/** Logs metrics, in batches. The times are fixed before the first attempt, so a batch that is sent twice is stored once. */
export async function logMetrics(mlflow: Mlflow, runId: string, metrics: readonly Metric[]): Promise<void> {
  const now = Date.now()
  const rows = metrics.map(({ key, value, step = 0, at = now }) => ({
    key,
    value: json(value),
    step,
    timestamp: Math.round(at),
  }))
  for (const batch of batches(rows, METRICS_A_BATCH)) await logBatch(mlflow, runId, { metrics: batch })
}

/** Sets tags; a tag that is there is replaced. */
export async function setTags(mlflow: Mlflow, runId: string, tags: { readonly [name: string]: string }): Promise<void> {
  for (const batch of batches(keyValues(tags), OTHERS_A_BATCH)) await logBatch(mlflow, runId, { tags: batch })
}

function logBatch(mlflow: Mlflow, run_id: string, batch: { [kind: string]: unknown }): Promise<unknown> {
  return ask(mlflow, {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-batch',
    idempotent: true,
    json: { run_id, ...batch },
  })
}

/** As MLflow wants tags and params. */
export const keyValues = (named: { readonly [name: string]: string }) =>
  Object.entries(named).map(([key, value]) => ({ key, value }))

/** JSON has no word for these; protobuf's JSON form, which MLflow reads, has. */
const json = (value: number) => (Number.isFinite(value) ? value : String(value))

function* batches<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}
