import { InputError } from '../errors.ts'
import { ask, type Mlflow } from './mlflow.ts'
import { MlflowError } from './mlflow-error.ts'

const api = '/api/2.0/mlflow'

/** The id of the experiment of that name, made when there is none; two that make it at once get the same. */
export async function ensureExperiment(mlflow: Mlflow, name: string): Promise<string> {
  const known = await experimentByName(mlflow, name)
  if (known) return known
  try {
    // The kind decides which columns and charts MLflow's page shows; without it the page takes it for an experiment with prompts.
    const json = { name, tags: [{ key: 'mlflow.experimentKind', value: 'custom_model_development' }] }
    const made = await ask<{ experiment_id: string }>(mlflow, {
      method: 'POST',
      path: `${api}/experiments/create`,
      json,
    })
    return made.experiment_id
  } catch (error) {
    // Another process was faster, or the answer to our own attempt was lost.
    const other = error instanceof MlflowError ? await experimentByName(mlflow, name).catch(() => null) : null
    if (other) return other
    throw error
  }
}

/** The id of the experiment of that name, or null. Throws InputError when it was deleted: its name is taken, and nothing can be logged to it. */
export async function experimentByName(mlflow: Mlflow, name: string): Promise<string | null> {
  type Found = { experiment: { experiment_id: string; lifecycle_stage: string } }
  const path = `${api}/experiments/get-by-name`
  const found = await ask<Found>(mlflow, { method: 'GET', path, query: { experiment_name: name } }).catch(orNull)
  if (!found) return null
  const { experiment_id, lifecycle_stage } = found.experiment
  if (lifecycle_stage === 'active') return experiment_id
  throw new InputError(
    `MLflow at ${mlflow.uri}: the experiment ${JSON.stringify(name)} was deleted; bring it back with \`mlflow experiments restore --experiment-id ${experiment_id}\``,
  )
}

function orNull(error: unknown): null {
  if (error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST') return null
  throw error
}
