import { ask, type Mlflow } from './mlflow.ts'
import { MlflowError } from './mlflow-error.ts'
import { type ModelVersion, type RawVersion, versionOf } from './model-version.ts'

/** Where a version runs. */
export type Alias = 'staging' | 'production' | 'previous'

const path = '/api/2.0/mlflow/registered-models/alias'

/** Points the alias at a version, away from the one it pointed at. MLflow cannot compare and swap: the release ledger decides, this shows. */
export async function setAlias(mlflow: Mlflow, model: string, alias: Alias, version: number): Promise<void> {
  await ask(mlflow, { method: 'POST', path, idempotent: true, json: { name: model, alias, version: String(version) } })
}

/** The version that the alias points at; null when there is no such alias or model. */
export async function getAlias(mlflow: Mlflow, model: string, alias: Alias): Promise<ModelVersion | null> {
  try {
    const found = await ask<{ model_version: RawVersion }>(mlflow, {
      method: 'GET',
      path,
      query: { name: model, alias },
    })
    return versionOf(found.model_version)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Removes the alias; one that is not there is fine. */
export async function deleteAlias(mlflow: Mlflow, model: string, alias: Alias): Promise<void> {
  try {
    await ask(mlflow, { method: 'DELETE', path, json: { name: model, alias } })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** MLflow calls a missing alias an invalid parameter, and a missing model a missing resource. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof MlflowError)) return false
  return (
    error.code === 'RESOURCE_DOES_NOT_EXIST' ||
    (error.code === 'INVALID_PARAMETER_VALUE' && /alias .*not found/i.test(error.message))
  )
}
