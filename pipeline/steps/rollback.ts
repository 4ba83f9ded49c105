import type { DeployResult } from '../release/deployment.ts'
import type { RecordedRelease } from '../release/record.ts'
import { rollback as goBack, type TakeBack } from '../release/rollback.ts'
import type { Context } from './context.ts'
import { optionsOf, type RolloutInputs } from './rollout-options.ts'
import { connect } from './tracking.ts'

/** Goes back to the release that ran before in an environment of this machine. Throws as the release's `rollback` does. */
export async function rollback(
  context: Context,
  inputs: RolloutInputs & TakeBack,
): Promise<DeployResult & { readonly from: RecordedRelease }> {
  return goBack(optionsOf(context, await connect(context), inputs), inputs)
}
