import { InputError, RefusedError } from '../errors.ts'
import type { DeployOptions, DeployResult } from './deployment.ts'
import { loadEnvironment } from './environment.ts'
import { isOurs, rollOut } from './finish.ts'
import { requireIdentity } from './git.ts'
import type { Rollout } from './journal.ts'
import { nameOf } from './release.ts'
import { revive } from './serving.ts'
import { openSite, type Site } from './site.ts'
import { judgeSoFar } from './trial.ts'
import type { VerdictPolicy } from './verdict.ts'

/** Who takes it upon themselves, and why. */
export type Override = { readonly by: string; readonly why: string }

/**
 * Promotes the canary that is on trial here although evidence is missing, on somebody's word: Git keeps their name, their reason and what was missing. Throws
 * RefusedError where the verdict is to roll back, which nobody overrides; InputError without a name or a reason, where no canary is on trial on this machine, or
 * somebody else went on with it.
 */
export async function promoteAnyway(
  options: Omit<DeployOptions, 'commit' | 'model' | 'image'>,
  { by, why }: Override,
): Promise<DeployResult> {
  const { root, environment: name, log = () => {} } = options
  if (by.trim() === '' || why.trim() === '')
    throw new InputError(
      'promote: a name and a reason are needed; both are recorded, with the evidence that is missing',
    )
  await requireIdentity(root)
  const environment = await loadEnvironment(root, name)
  await using site = await openSite({ ...options, commit: '' }, environment)
  await site.settle(1)
  const { rollout, policy } = await onTrial(site)
  const verdict = await judgeSoFar(site.target.events(rollout.id), policy)
  // That the deadline passed is no evidence against it.
  if (verdict.verdict === 'roll back' && !verdict.expired)
    throw new RefusedError(
      `${name}: the verdict on ${nameOf(rollout.release)} is to roll back: ${verdict.reason}\nDeploy it to end its trial; once it is taken back, npm run lift allows it again`,
    )
  await revive(site)
  await site.target.open(rollout.release.commit)
  const { held: _held, ...going } = rollout
  const seen = { verdict, canaryRequests: verdict.evidence.requests.canary }
  const override = verdict.verdict === 'promote' ? {} : { override: { by, why } }
  log(`${name}: ${nameOf(rollout.release)} is promoted on the word of ${by}: ${why}; missing: ${verdict.reason}`)
  const promoting = { ...going, ...seen, ...override, phase: 'promoting' as const }
  await site.journal.write({ rollout: promoting })
  return await rollOut(site, promoting)
}

async function onTrial(site: Site): Promise<{ readonly rollout: Rollout; readonly policy: VerdictPolicy }> {
  const { environment, journal } = site
  const { rollout, canary } = journal.now
  if (!rollout?.policy || rollout.phase !== 'trial' || !canary)
    throw new InputError(
      `promote: no canary is on trial in ${environment} on this machine; \`npm run status\` shows what is`,
    )
  if (!(await isOurs(site, rollout)))
    throw new InputError(
      `promote: ${environment} went on without ${nameOf(rollout.release)}: the branch releases says how`,
    )
  return { rollout, policy: rollout.policy }
}
