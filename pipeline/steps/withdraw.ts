import type { DeployResult } from '../release/deployment.ts'
import { type Withdrawal, withdrawOpen } from '../release/withdrawal.ts'
import type { Context } from './context.ts'
import { optionsOf, type RolloutInputs } from './rollout-options.ts'
import { connect } from './tracking.ts'

/** Takes back what is on its way to an environment, on somebody's word. Throws as `withdrawOpen` does. */
export async function withdraw(context: Context, inputs: RolloutInputs & Withdrawal): Promise<DeployResult> {
  return withdrawOpen(optionsOf(context, await connect(context), inputs), inputs)
}
