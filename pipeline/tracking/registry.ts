import { InputError } from '../errors.ts'
import { artifactRoot } from './artifact-store.ts'
import { ask, type Mlflow } from './mlflow.ts'
import { MlflowError } from './mlflow-error.ts'
import { type ModelVersion, type RawVersion, versionOf } from './model-version.ts'
import { getRun, pageView, tagNames } from './runs.ts'

export { deleteAlias, getAlias, setAlias } from './aliases.ts'
export type { ModelVersion } from './model-version.ts'

export type Registration = {
  readonly model: string
  readonly digest: string
  readonly runId: string
  /** The folder of the run's artifacts that holds the bundle. */
  readonly path?: string
  /** Beside the digest: fingerprint, commit, gate … */
  readonly tags?: { readonly [name: string]: string }
  /** Markdown for MLflow's page, such as the model card; what is beyond 5,000 characters is cut off. */
  readonly description?: string
}

/** The column `description` of MLflow's table `model_versions`; SQLite takes more, PostgreSQL and MySQL do not. */
const DESCRIPTION_LENGTH = 5000

const api = '/api/2.0/mlflow'

/**
 * Registers a digest as a version of `model`, or returns the version it already has: never two for one digest.
 * MLflow has no compare-and-swap. So the digest goes into the call that creates the version, and whoever created one looks afterwards:
 * of several for one digest, the lowest stays (numbers of deleted versions are not given again). That also mends what a process left that was killed, or raced, in between.
 */
export async function registerVersion(
  mlflow: Mlflow,
  wanted: Registration,
): Promise<ModelVersion & { readonly created: boolean }> {
  const { model, digest, runId, path = 'bundle', tags = {}, description } = wanted
  const before = await versionsOfDigest(mlflow, model, digest)
  let made: RawVersion | undefined
  if (before.length === 0) {
    const source = `mlflow-artifacts:/${artifactRoot(mlflow, await getRun(mlflow, runId))}/${path}`
    const all = { ...tags, [tagNames.digest]: digest }
    await ensureModel(mlflow, model)
    const answer = await ask<{ model_version: RawVersion }>(mlflow, {
      method: 'POST',
      path: `${api}/model-versions/create`,
      // Done twice it makes two versions, which is mended below.
      idempotent: true,
      json: {
        name: model,
        source,
        run_id: runId,
        tags: Object.entries(all).map(([key, value]) => ({ key, value })),
        ...(description === undefined ? {} : { description: description.slice(0, DESCRIPTION_LENGTH) }),
      },
    })
    made = answer.model_version
  }
  const [kept, ...others] = before.length === 1 ? before : await versionsOfDigest(mlflow, model, digest)
  if (!kept)
    throw new InputError(
      `MLflow at ${mlflow.uri}: version of ${model} for ${digest} vanished while it was registered; try again`,
    )
  for (const other of others) await deleteVersion(mlflow, other)
  return { ...kept, created: Number(made?.version) === kept.version }
}

/** The version of `model` with that digest, or null. */
export async function versionOfDigest(mlflow: Mlflow, model: string, digest: string): Promise<ModelVersion | null> {
  return (await versionsOfDigest(mlflow, model, digest))[0] ?? null
}

/** The address of a version on MLflow's own page. */
export function versionUrl(mlflow: Mlflow, of: Pick<ModelVersion, 'model' | 'version'>): string {
  return `${mlflow.uri}/#/models/${encodeURIComponent(of.model)}/versions/${of.version}${pageView}`
}

/** The lowest version first: the one that was there before the others. */
async function versionsOfDigest(mlflow: Mlflow, model: string, digest: string): Promise<ModelVersion[]> {
  if (!/^[\w.-]+$/.test(model))
    throw new InputError(
      `params.yaml: register.model must be letters, digits, ".", "_" or "-", got ${JSON.stringify(model)}`,
    )
  if (!/^sha256:[0-9a-f]+$/.test(digest))
    throw new InputError(`${JSON.stringify(digest)} is not a digest (sha256:<hex>)`)
  const filter = `name='${model}' and tags.\`${tagNames.digest}\` = '${digest}'`
  const query = { filter, max_results: 100 }
  const found = await ask<{ model_versions?: RawVersion[] }>(mlflow, {
    method: 'GET',
    path: `${api}/model-versions/search`,
    query,
  })
  return (found.model_versions ?? []).map(versionOf).toSorted((a, b) => a.version - b.version)
}

async function ensureModel(mlflow: Mlflow, name: string): Promise<void> {
  try {
    await ask(mlflow, { method: 'POST', path: `${api}/registered-models/create`, json: { name } })
  } catch (error) {
    if (!(error instanceof MlflowError && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error
  }
}

async function deleteVersion(mlflow: Mlflow, of: ModelVersion): Promise<void> {
  const json = { name: of.model, version: String(of.version) }
  try {
    await ask(mlflow, { method: 'DELETE', path: `${api}/model-versions/delete`, json })
  } catch (error) {
    // The other process that raced us has removed it already.
    if (!(error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST')) throw error
  }
}
