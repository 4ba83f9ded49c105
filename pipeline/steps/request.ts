import { isRehearsal, loadEnvironment } from '../release/environment.ts'
import { commitOf } from '../release/git.ts'
import { requireOnMain } from '../release/on-main.ts'
import { readRelease, refuseHeld } from '../release/record.ts'
import type { Release } from '../release/release.ts'
import { requestRelease } from '../release/request.ts'
import { wantedRelease } from '../release/wanted.ts'
import type { Context } from './context.ts'

export type PlannedRelease = {
  readonly environment: string
  readonly release: Release
}

/**
 * What `deploy` would release to an environment other than staging. Nothing is recorded. Throws InputError where staging promoted no release of the commit or main never
 * had it, RefusedError for a pair on hold.
 */
export async function plan(
  { root }: Context,
  { environment, commit }: { readonly environment: string; readonly commit: string },
): Promise<PlannedRelease> {
  const policy = await loadEnvironment(root, environment)
  const wanted = await wantedRelease({ root, environment }, await commitOf(root, commit), isRehearsal(policy))
  await requireOnMain(root, wanted.commit, environment)
  const { held } = await readRelease(root, environment)
  refuseHeld(environment, held, wanted)
  return { environment, release: wanted }
}

/** Records that a release is asked for, which decides its place among others; it is rolled out by `deploy` with the same id. Throws as `plan` does. */
export async function request(
  context: Context,
  asked: { readonly environment: string; readonly commit: string; readonly id: string; readonly by: string },
): Promise<PlannedRelease & { readonly entry: string }> {
  const planned = await plan(context, asked)
  const { commit } = planned.release
  const entry = await requestRelease(context.root, asked.environment, { commit, id: asked.id, by: asked.by })
  context.say(
    `${asked.environment}: ${commit.slice(0, 12)} is asked for (${asked.id}), ${entry.slice(0, 12)} on the branch releases`,
  )
  return { ...planned, entry }
}
