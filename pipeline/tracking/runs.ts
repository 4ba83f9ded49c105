import { InputError } from '../errors.ts'
import { ensureExperiment, experimentByName } from './experiments.ts'
import { ask, type Mlflow } from './mlflow.ts'
import { keyValues } from './run-values.ts'

export { keyOf, logMetrics, logParams, type Metric, setTags } from './run-values.ts'

/** One training as MLflow keeps it. */
export type Run = {
  readonly id: string
  readonly experimentId: string
  readonly status: string
  /** Where its artifacts lie, such as `mlflow-artifacts:/1/<run>/artifacts`. */
  readonly artifactUri: string
  readonly tags: { readonly [name: string]: string }
  readonly params: { readonly [name: string]: string }
}

export const tagNames = {
  fingerprint: 'mergeline.fingerprint',
  digest: 'mergeline.digest',
  commit: 'mlflow.source.git.commit',
} as const

/** The digest is logged twice: as a tag, by which runs are found, and as a param, which MLflow lets nobody change. */
export const DIGEST_PARAM = 'digest'

const api = '/api/2.0/mlflow'

/**
 * The latest finished run with that fingerprint whose bundle was logged completely (its digest is the last tag set), or null.
 * Throws InputError when such runs have different digests: which of them was reviewed, nobody could say.
 */
export async function findRun(
  mlflow: Mlflow,
  experiment: string,
  by: { readonly fingerprint: string },
): Promise<Run | null> {
  if (!/^[\w:.-]+$/.test(by.fingerprint))
    throw new InputError(`${JSON.stringify(by.fingerprint)} is not a fingerprint (sha256:<hex>)`)
  const id = await experimentByName(mlflow, experiment)
  if (!id) return null
  const found = await ask<{ runs?: RawRun[] }>(mlflow, {
    method: 'POST',
    path: `${api}/runs/search`,
    idempotent: true,
    json: {
      experiment_ids: [id],
      filter: `tags.\`${tagNames.fingerprint}\` = '${by.fingerprint}' AND attributes.status = 'FINISHED'`,
      order_by: ['attributes.start_time DESC'],
      max_results: 100,
    },
  })
  const finished = (found.runs ?? []).map(runOf).filter((run) => run.tags[tagNames.digest])
  const swapped = finished.find(
    (run) => (run.params[DIGEST_PARAM] ?? run.tags[tagNames.digest]) !== run.tags[tagNames.digest],
  )
  if (swapped) {
    throw new InputError(
      `MLflow at ${mlflow.uri}: run ${swapped.id} was logged with another digest than its tag says now: somebody changed it; ` +
        'delete it with `mlflow runs delete --run-id`, and train again',
    )
  }
  const [latest] = finished
  const other = finished.find((run) => run.tags[tagNames.digest] !== latest?.tags[tagNames.digest])
  if (latest && other) {
    throw new InputError(
      `MLflow at ${mlflow.uri}: runs ${latest.id} and ${other.id} have the same fingerprint and different digests; training is not repeatable on one of ` +
        'the machines, or somebody else logged one of them: find out which, and delete the wrong one with `mlflow runs delete --run-id`',
    )
  }
  return latest ?? null
}

/** All runs of the experiment of that name with that tag, oldest first, whatever became of them. Throws InputError for a value that is more than letters, digits, `_`, `:`, `.` and `-`. */
export async function findTagged(
  mlflow: Mlflow,
  experiment: string,
  tag: string,
  value: string,
): Promise<readonly Run[]> {
  if (!/^[\w:.-]+$/.test(value))
    throw new InputError(`${JSON.stringify(value)} is no value that runs are looked for by`)
  return allRuns(mlflow, experiment, `tags.\`${tag}\` = '${value}'`)
}

/** The digests of all finished runs on these data (DVC's hash), with repetitions. */
export async function digestsOn(mlflow: Mlflow, experiment: string, data: string): Promise<readonly string[]> {
  const runs = await allRuns(mlflow, experiment, `params.data = '${data}' AND attributes.status = 'FINISHED'`)
  return runs.flatMap(({ tags }) => tags[tagNames.digest] ?? [])
}

/** All pages of a search, oldest first; none where there is no such experiment. */
async function allRuns(mlflow: Mlflow, experiment: string, filter: string): Promise<readonly Run[]> {
  const id = await experimentByName(mlflow, experiment)
  if (!id) return []
  const runs: Run[] = []
  for (let page: string | undefined = ''; page !== undefined; ) {
    const found: { runs?: RawRun[]; next_page_token?: string } = await ask(mlflow, {
      method: 'POST',
      path: `${api}/runs/search`,
      idempotent: true,
      json: {
        experiment_ids: [id],
        filter,
        order_by: ['attributes.start_time ASC'],
        max_results: 1000,
        ...(page === '' ? {} : { page_token: page }),
      },
    })
    runs.push(...(found.runs ?? []).map(runOf))
    page = found.next_page_token || undefined
  }
  return runs
}

/**
 * Starts a run in the experiment of that name. `tags` go into the same call, so that no run is ever without them.
 * Give the tag `mergeline.digest` only with `setTags`, after the bundle was uploaded.
 */
export async function createRun(
  mlflow: Mlflow,
  experiment: string,
  run: { readonly name: string; readonly tags?: { readonly [name: string]: string } },
): Promise<Run> {
  const experiment_id = await ensureExperiment(mlflow, experiment)
  const made = await ask<{ run: RawRun }>(mlflow, {
    method: 'POST',
    path: `${api}/runs/create`,
    json: { experiment_id, run_name: run.name, start_time: Date.now(), tags: keyValues(run.tags ?? {}) },
  })
  return runOf(made.run)
}

/** A run by its id. */
export async function getRun(mlflow: Mlflow, runId: string): Promise<Run> {
  const found = await ask<{ run: RawRun }>(mlflow, { method: 'GET', path: `${api}/runs/get`, query: { run_id: runId } })
  return runOf(found.run)
}

/** Ends a run. */
export async function finishRun(mlflow: Mlflow, runId: string, status: 'FINISHED' | 'FAILED'): Promise<void> {
  const json = { run_id: runId, status, end_time: Date.now() }
  await ask(mlflow, { method: 'POST', path: `${api}/runs/update`, idempotent: true, json })
}

/** The address of the run on MLflow's own page. */
export function runUrl(mlflow: Mlflow, run: Pick<Run, 'id' | 'experimentId'>): string {
  return `${mlflow.uri}/#/experiments/${encodeURIComponent(run.experimentId)}/runs/${encodeURIComponent(run.id)}${pageView}`
}

/** MLflow's page has a view for prompts and agents, which it opens first, and one for models. */
export const pageView = '?workflowType=machine_learning'

type KeyValues = readonly { readonly key: string; readonly value: string }[]

type RawRun = {
  readonly info: {
    readonly run_id: string
    readonly experiment_id: string
    readonly status: string
    readonly artifact_uri: string
  }
  readonly data?: { readonly tags?: KeyValues; readonly params?: KeyValues }
}

function runOf({ info, data }: RawRun): Run {
  const named = (pairs: KeyValues = []) => Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
  return {
    id: info.run_id,
    experimentId: info.experiment_id,
    status: info.status,
    artifactUri: info.artifact_uri,
    tags: named(data?.tags),
    params: named(data?.params),
  }
}
