import type { DeployResult } from '../release/deployment.ts'
import { type Override, promoteAnyway } from '../release/override.ts'
import type { Context } from './context.ts'
import { optionsOf, type RolloutInputs } from './rollout-options.ts'
import { connect } from './tracking.ts'

/** Promotes what is held on trial in an environment of this machine, on somebody's word. Throws as `promoteAnyway` does. */
export async function promote(context: Context, inputs: RolloutInputs & Override): Promise<DeployResult> {
  return promoteAnyway(optionsOf(context, await connect(context), inputs), inputs)
}
