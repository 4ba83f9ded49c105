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
  readonly data: string
  readonly trials: readonly SearchTrial[]
  readonly ranked: readonly SearchTrial[]
  readonly present: SearchTrial | null
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
export async function openSearchLog({ params, progress }: Context, mlflow: Mlflow, id: string): Promise<SearchLog> {
  const experiment = params.register.model
  const parent =
    (await findTagged(mlflow, experiment, searchTag, id))[0] ??
    (await createRun(mlflow, experiment, { name: `search, ${params.search?.method}`, tags: { [searchTag]: id } }))
  const nested = await findTagged(mlflow, experiment, parentTag, parent.id)
  const known = new Map(nested.map((run) => [run.tags[trialTag], run]))
  const taken = new Set(nested.filter(hasEnded).map((run) => run.tags[trialTag]))
  const lanes = Array.from({ length: atOnce }, () => Promise.resolve())
  const log = (trial: SearchTrial) => logTrial(mlflow, experiment, parent, trial, known.get(trial.key))

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
    async finish({ trials, ranked, present, data }) {
      progress('search: logging trials in MLflow …')
      await Promise.all(lanes)
      for (const trial of trials) {
        if (taken.has(trial.key)) continue
        await log(trial)
        taken.add(trial.key)
      }
      if (parent.status !== 'FINISHED') {
        const { cross_validation, ...rest } = params.search ?? {}
        await logParams(mlflow, parent.id, { ...flat({ cross_validation, ...rest }), data })
        const best = ranked[0]
        await logMetrics(mlflow, parent.id, [
          ...(best ? metricsOf(best) : []),
          ...(present?.error == null ? [] : [{ key: `present_${nameOf()}`, value: present.error }]),
        ])
        await finishRun(mlflow, parent.id, 'FINISHED')
      }
      return runUrl(mlflow, parent)
    },
  }
}

/** Of a trial that diverged, the run has failed. */
const hasEnded = ({ status }: Run) => status === 'FINISHED' || status === 'FAILED'

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
