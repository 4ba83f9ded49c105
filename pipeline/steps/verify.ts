import { type AskedRegistry, askAll } from '../release/ask-all.ts'
import { environmentNames } from '../release/environment.ts'
import { compare, type Wrong } from '../release/verify.ts'
import { getAlias, versionOfDigest } from '../tracking/registry.ts'
import type { Context } from './context.ts'
import { connect } from './tracking.ts'

export type VerifiedEnvironment = {
  readonly environment: string
  readonly wrong: readonly Wrong[]
  readonly notes: readonly string[]
}

/** Asks Git, the registry, bundles, servers and gateways what each environment runs, and tells who is wrong. Changes nothing; throws InputError where the registry cannot be asked. */
export async function verify(context: Context): Promise<readonly VerifiedEnvironment[]> {
  const mlflow = await connect(context)
  const model = context.params.register.model
  const registry: AskedRegistry | null = mlflow && {
    alias: (name) => getAlias(mlflow, model, name as Parameters<typeof getAlias>[2]),
    versionOf: async (name, digest) => (await versionOfDigest(mlflow, name, digest))?.version ?? null,
  }
  const found: VerifiedEnvironment[] = []
  for (const environment of await environmentNames(context.root)) {
    // MLflow knows these two by an alias; others are nowhere but in Git.
    const known = environment === 'staging' || environment === 'production'
    found.push({ environment, ...compare(await askAll(context.root, environment, known ? registry : null)) })
  }
  return found
}
