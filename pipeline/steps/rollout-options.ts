import type { DeployOptions } from '../release/deployment.ts'
import type { Holder } from '../release/holder.ts'
import { sendClients } from '../replay/replay.ts'
import { type Alias, setAlias } from '../tracking/aliases.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import type { Context } from './context.ts'
import { releasedBundle } from './released-bundle.ts'

/** What every step that rolls out takes. */
export type RolloutInputs = {
  readonly environment: string
  readonly signal?: AbortSignal | undefined
  /** Who rolls it out, as the ledger names them; without it, this process. */
  readonly holder?: Holder | undefined
  /** Whether a canary is sent the sample's last year while it is on trial: where nobody else would ask. */
  readonly replay?: boolean | undefined
  /** Throws what must not run there, and why, before anything is recorded; told of the request that it answers. */
  readonly admit?: DeployOptions['admit'] | undefined
}

/** The same as options of the release: where bundles come from, whom to tell of aliases, and what clients send. */
export function optionsOf(
  context: Context,
  mlflow: Mlflow | null,
  { environment, signal, holder, replay, admit }: RolloutInputs,
): Omit<DeployOptions, 'commit'> {
  const { root, params, say } = context
  const setAliasOf = (known: Mlflow) => (alias: string, version: number) =>
    setAlias(known, params.register.model, alias as Alias, version)
  return {
    root,
    environment,
    bundle: (released) => releasedBundle(context, mlflow, released),
    registry: mlflow && { setAlias: setAliasOf(mlflow) },
    log: say,
    ...(signal ? { signal } : {}),
    ...(holder ? { holder } : {}),
    ...(admit ? { admit } : {}),
    ...(replay ? { clients: (stable) => sendClients(context, environment, stable) } : {}),
  }
}
