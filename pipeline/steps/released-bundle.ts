import { mkdir, mkdtempDisposable, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReleasedModel } from '../release/release.ts'
import { type BundleSource, fetchBundle, registeredBundle } from '../tracking/fetch-bundle.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import type { Context } from './context.ts'
import type { ModelStore } from './elsewhere.ts'
import { connect } from './tracking.ts'

/** The bundle of a released model, on this machine: from here, the model store or MLflow. Throws InputError when none has it, or one has other content under its digest. */
export async function releasedBundle(
  { root, store }: Context,
  mlflow: Mlflow | null,
  { name, digest }: Pick<ReleasedModel, 'name' | 'digest'>,
): Promise<string> {
  const sources = [store && fromStore(root, store, digest), mlflow && registeredBundle(mlflow, name, digest)]
  return fetchBundle(
    root,
    digest,
    sources.filter((source) => source !== undefined && source !== null),
  )
}

/** The same from the model store where there is one, else from MLflow: for who only looks, and has no secret. */
export async function storedBundle(context: Context, model: Pick<ReleasedModel, 'name' | 'digest'>): Promise<string> {
  return releasedBundle(context, context.store ? null : await connect(context), model)
}

/** The store keeps whole trainings, of which this is one folder. */
function fromStore(root: string, store: ModelStore, digest: string): BundleSource {
  return {
    name: store.name,
    bring: async (folder) => {
      const ours = join(root, '.mergeline')
      await mkdir(ours, { recursive: true })
      await using all = await mkdtempDisposable(join(ours, 'fetched-'))
      const found = await store.fetch(digest, all.path)
      if (found) await rename(join(all.path, 'bundle'), folder)
      return found
    },
  }
}
