import { isRehearsal, loadEnvironment } from '../release/environment.ts'
import { commitOf } from '../release/git.ts'
import { requireOnMain } from '../release/on-main.ts'
import { readRelease, refuseHeld } from '../release/record.ts'
import type { Release } from '../release/release.ts'
import { type Request, requestRelease } from '../release/request.ts'
import { wantedRelease } from '../release/wanted.ts'
import type { Context } from './context.ts'
import { storedBundle } from './released-bundle.ts'

export type PlannedRelease = {
  readonly environment: string
  readonly release: Release
}

type Asked = { readonly environment: string; readonly commit: string }

/**
 * What `deploy` would release to an environment other than staging, and the folder of the model's bundle on this machine, verified: from the model store where there is
 * one, else from MLflow. Nothing is recorded. Throws InputError where staging promoted no release of the commit, main never had it, or the bundle cannot be had;
 * RefusedError for a pair on hold.
 */
export async function plan(context: Context, asked: Asked): Promise<PlannedRelease & { readonly bundle: string }> {
  const planned = await find(context, asked)
  return { ...planned, bundle: await storedBundle(context, planned.release.model) }
}

async function find({ root }: Context, { environment, commit }: Asked): Promise<PlannedRelease> {
  const policy = await loadEnvironment(root, environment)
  const wanted = await wantedRelease({ root, environment }, await commitOf(root, commit), isRehearsal(policy))
  await requireOnMain(root, wanted.commit, environment)
  const { held } = await readRelease(root, environment)
  refuseHeld(environment, held, wanted)
  return { environment, release: wanted }
}

/** Records that a release is asked for, which decides its place among others; it is rolled out by `deploy` with the same id. Throws as `plan` does, whatever the bundle. */
export async function request(
  context: Context,
  asked: Asked & Omit<Request, 'commit'>,
): Promise<PlannedRelease & { readonly entry: string }> {
  const planned = await find(context, asked)
  const { commit } = planned.release
  const entry = await requestRelease(context.root, asked.environment, { ...asked, commit })
  context.say(
    `${asked.environment}: ${commit.slice(0, 12)} is asked for (${asked.id}), ${entry.slice(0, 12)} on the branch releases`,
  )
  return { ...planned, entry }
}
