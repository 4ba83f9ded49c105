import { metric } from '../task/judge.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import {
  createRun,
  findTagged,
  finishRun,
  keyOf,
  logMetrics,
  logParams,
  type Metric,
  type Run,
  runUrl,
} from '../tracking/runs.ts'
import type { Context } from './context.ts'
import { flat, uploadTexts } from './log-training.ts'
import type { SearchTrial } from './run-trials.ts'

const searchTag = 'mergeline.search'
const trialTag = 'mergeline.trial'
const parentTag = 'mlflow.parentRunId'

/** Runs that are logged at once: MLflow's server waits for its database most of the time. */
const atOnce = 4

type Told = {
  readonly trials: readonly SearchTrial[]
  readonly params: { readonly [name: string]: unknown }
  readonly metrics: readonly Metric[]
  /** Artifacts, by `folder/name`. */
  readonly files?: { readonly [path: string]: string }
}

/** One search in MLflow, while it goes on. */
export type SearchLog = {
  /** Logs a trial that has ended, while others are trained. What MLflow does not take now, it is given again at the end. */
  readonly add: (trial: SearchTrial) => void
  /** Logs what is missing and ends the search's run; returns its page. */
  readonly finish: (told: Told) => Promise<string>
}

/**
 * Opens a search as one run in MLflow, with each trial as a run nested in it. `id` is what the search is known by: two with the same are the same search, and what an earlier attempt has
 * logged is found by its tags and not logged again.
 */
export async function openSearchLog(
  { params, progress }: Context,
  mlflow: Mlflow,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<SearchLog> {
  const experiment = params.register.model
  const parent =
    (await findTagged(mlflow, experiment, searchTag, id))[0] ??
    (await createRun(mlflow, experiment, { name, tags: { [searchTag]: id } }))
  const nested = await findTagged(mlflow, experiment, parentTag, parent.id)
  const known = new Map(nested.map((run) => [run.tags[trialTag], run]))
  const taken = new Set(nested.filter(hasEnded).map((run) => run.tags[trialTag]))
  const lanes = Array.from({ length: atOnce }, () => Promise.resolve())
  async function log(trial: SearchTrial): Promise<void> {
    const run = known.get(trial.key) ?? (await beginTrial(mlflow, experiment, parent, trial))
    // When the rest fails, it is this run that is gone on with.
    known.set(trial.key, run)
    await endTrial(mlflow, run, trial)
  }

  function add(trial: SearchTrial): void {
    if (taken.has(trial.key)) return
    taken.add(trial.key)
    const lane = taken.size % atOnce
    lanes[lane] = (lanes[lane] as Promise<void>)
      .then(() => log(trial))
      .catch(() => {
        taken.delete(trial.key)
      })
  }

  return {
    add,
    async finish({ trials, params, metrics, files = {} }) {
      progress('search: logging trials in MLflow …')
      await Promise.all(lanes)
      for (const trial of trials) {
        if (taken.has(trial.key)) continue
        await log(trial)
        taken.add(trial.key)
      }
      if (parent.status !== 'FINISHED') {
        await logParams(mlflow, parent.id, params)
        await logMetrics(mlflow, parent.id, metrics)
        await uploadTexts(mlflow, parent.id, files)
        await finishRun(mlflow, parent.id, 'FINISHED')
      }
      return runUrl(mlflow, parent)
    },
  }
}

/** Of a trial that diverged, the run has failed. */
const hasEnded = ({ status }: Run) => status === 'FINISHED' || status === 'FAILED'

function beginTrial(mlflow: Mlflow, experiment: string, parent: Run, trial: SearchTrial): Promise<Run> {
  const isPresent = Object.keys(trial.point).length === 0
  const { name = isPresent ? 'present values' : `trial ${trial.key.slice(0, 8)}` } = trial
  const tags = { [parentTag]: parent.id, [trialTag]: trial.key }
  return createRun(mlflow, experiment, { name, tags })
}

async function endTrial(mlflow: Mlflow, run: Run, trial: SearchTrial): Promise<void> {
  const { share } = trial
  await logParams(mlflow, run.id, { ...flat(trial.train), ...(share === undefined ? {} : { share }) })
  await logMetrics(mlflow, run.id, metricsOf(trial))
  await finishRun(mlflow, run.id, trial.error === null ? 'FAILED' : 'FINISHED')
}

/** As MLflow names metrics. */
export const nameOf = () => `cross_validated_${keyOf(metric.name)}`

/** The error of a trial, and by fold. */
export const metricsOf = ({ error, folds }: SearchTrial) => [
  ...(error === null ? [] : [{ key: nameOf(), value: error }]),
  ...folds.flatMap((value, step) => (value === null ? [] : [{ key: `fold_${nameOf()}`, value, step }])),
]
