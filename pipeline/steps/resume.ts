import type { DeployResult } from '../release/deployment.ts'
import { requireIdentity } from '../release/git.ts'
import { type NothingToDo, resumeRelease } from '../release/resume.ts'
import type { Context } from './context.ts'
import { requireCommittedPolicy } from './deploy.ts'
import { optionsOf, type RolloutInputs } from './rollout-options.ts'
import { connect } from './tracking.ts'

/** Carries on the rollout that was left open in an environment by a process that is gone, wherever that was. Throws as `deploy` does. */
export async function resume(context: Context, inputs: RolloutInputs): Promise<DeployResult | NothingToDo> {
  await requireIdentity(context.root)
  await requireCommittedPolicy(context.root)
  return resumeRelease(optionsOf(context, await connect(context), inputs))
}
