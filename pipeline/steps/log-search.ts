import { metric } from '../task/judge.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { createRun, findTagged, finishRun, keyOf, logMetrics, logParams, type Run, runUrl } from '../tracking/runs.ts'
import type { Context } from './context.ts'
import { flat } from './log-training.ts'
import type { SearchTrial } from './run-trials.ts'

const searchTag = 'mergeline.search'
const trialTag = 'mergeline.trial'
const parentTag = 'mlflow.parentRunId'

/** Runs that are logged at once: MLflow's server waits for its database most of the time. */
const atOnce = 4

type Told = {
  /** What the search is known by: two with the same are the same search. */
  readonly id: string
  readonly data: string
  readonly trials: readonly SearchTrial[]
  readonly ranked: readonly SearchTrial[]
  readonly present: SearchTrial | null
}

/**
 * Logs a search as one run in MLflow, with each trial as a run nested in it, and returns its page. What an earlier attempt has logged is found by its tags and not logged
 * again.
 */
export async function logSearch({ params, progress }: Context, mlflow: Mlflow, told: Told): Promise<string> {
  const experiment = params.register.model
  const parent =
    (await findTagged(mlflow, experiment, searchTag, told.id))[0] ??
    (await createRun(mlflow, experiment, { name: `search, ${params.search?.method}`, tags: { [searchTag]: told.id } }))
  const nested = await findTagged(mlflow, experiment, parentTag, parent.id)
  const known = new Map(nested.map((run) => [run.tags[trialTag], run]))
  const todo = [...new Map(told.trials.map((trial) => [trial.key, trial])).values()].filter(
    ({ key }) => known.get(key)?.status !== 'FINISHED',
  )
  for (let from = 0; from < todo.length; from += atOnce) {
    progress(`search: logging trials in MLflow, ${from} of ${todo.length} …`)
    await Promise.all(
      todo.slice(from, from + atOnce).map((trial) => logTrial(mlflow, experiment, parent, trial, known.get(trial.key))),
    )
  }
  if (parent.status !== 'FINISHED') {
    const { cross_validation, ...rest } = params.search ?? {}
    await logParams(mlflow, parent.id, { ...flat({ cross_validation, ...rest }), data: told.data })
    const best = told.ranked[0]
    await logMetrics(mlflow, parent.id, [
      ...(best ? metricsOf(best) : []),
      ...(told.present?.error == null ? [] : [{ key: `present_${nameOf()}`, value: told.present.error }]),
    ])
    await finishRun(mlflow, parent.id, 'FINISHED')
  }
  return runUrl(mlflow, parent)
}

async function logTrial(
  mlflow: Mlflow,
  experiment: string,
  parent: Run,
  trial: SearchTrial,
  begun: Run | undefined,
): Promise<void> {
  const name = Object.keys(trial.point).length === 0 ? 'present values' : `trial ${trial.key.slice(0, 8)}`
  const tags = { [parentTag]: parent.id, [trialTag]: trial.key }
  const run = begun ?? (await createRun(mlflow, experiment, { name, tags }))
  await logParams(mlflow, run.id, flat(trial.train))
  await logMetrics(mlflow, run.id, metricsOf(trial))
  await finishRun(mlflow, run.id, trial.error === null ? 'FAILED' : 'FINISHED')
}

/** As MLflow names metrics. */
const nameOf = () => `cross_validated_${keyOf(metric.name)}`

const metricsOf = ({ error, folds }: SearchTrial) => [
  ...(error === null ? [] : [{ key: nameOf(), value: error }]),
  ...folds.flatMap((value, step) => (value === null ? [] : [{ key: `fold_${nameOf()}`, value, step }])),
]
