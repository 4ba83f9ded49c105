import { InputError } from '../errors.ts'
import type { DeployOptions, DeployResult } from './deployment.ts'
import { loadEnvironment } from './environment.ts'
import { asHeld, described, isOurs, recordedEnd, rollOut } from './finish.ts'
import { requireIdentity } from './git.ts'
import { findRelease, historyAt, releaseFileAt } from './history.ts'
import type { PendingRevert } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { queueOf } from './queue.ts'
import { nameOf } from './release.ts'
import { revive } from './serving.ts'
import { openSite, type Site } from './site.ts'

/** Who withdraws a release that is on its way, and why; `hold`: nobody may release it again until it is lifted. */
export type Withdrawal = { readonly by: string; readonly why: string; readonly hold: boolean }

/**
 * Takes back the release that is on its way to an environment and not decided, whoever rolls it out: on trial here its canary gets no more requests at once, and one revert commit says who did it
 * and why. Where it was left on trial elsewhere, the next command of that machine takes its trial away. Killed anywhere and run again, it carries on. Throws InputError without a name or a
 * reason, and where nothing is on its way.
 */
export async function withdrawOpen(
  options: Omit<DeployOptions, 'commit' | 'model' | 'image'>,
  asked: Withdrawal,
): Promise<DeployResult> {
  const { root, environment: name, log = () => {} } = options
  if (asked.by.trim() === '' || asked.why.trim() === '')
    throw new InputError('withdraw: a name and a reason are needed; both are recorded')
  await requireIdentity(root)
  const environment = await loadEnvironment(root, name)
  await using site = await openSite({ ...options, commit: '' }, environment)
  await site.settle(1)
  const { rollout } = site.journal.now
  const early = rollout?.phase === 'starting' || rollout?.phase === 'trial'
  const begun = rollout?.phase === 'rolling back' && rollout.withdrawn
  if (rollout && !rollout.undoes && (begun || early) && (await isOurs(site, rollout))) {
    log(`${name}: ${nameOf(rollout.release)} is withdrawn by ${asked.by}: ${asked.why}`)
    await revive(site)
    await site.target.open(rollout.release.commit)
    const withdrawn = begun || asked
    const evidence = { why: whyOf(withdrawn), lines: [] }
    const withdrawing = { ...rollout, phase: 'rolling back' as const, withdrawn, evidence }
    await site.journal.write({ rollout: withdrawing })
    return await rollOut(site, withdrawing)
  }
  return await withdrawElsewhere(site, asked)
}

/** Closes on the ledger what another machine has, or had, on its way. */
async function withdrawElsewhere(site: Site, asked: Withdrawal): Promise<DeployResult> {
  const { root, environment, journal } = site
  const { tip } = await fetchLedger(root)
  const [open] = queueOf(await historyAt(root, tip, environment)).releases
  const { release } = open ? await releaseFileAt(root, open.entry.commit, environment) : { release: null }
  if (!open || !release)
    throw new InputError(
      `withdraw: nothing is on its way to ${environment}; \`npm run rollback\` takes back what runs there`,
    )
  const promoted = await findRelease(root, tip, environment, 'promoted', () => true)
  const evidence = { why: whyOf(asked), lines: [] }
  const releaseCommit = open.entry.commit
  const pending: PendingRevert = {
    ...{ releaseCommit, release, evidence, hold: asked.hold, byHand: true },
    ...{ back: promoted?.release ?? null, since: new Date().toISOString() },
  }
  await journal.write({ pendingReverts: [...journal.now.pendingReverts, pending] })
  const result = {
    ...{ outcome: 'rolled back' as const, reason: evidence.why, evidence, canaryRequests: 0 },
    ...described(site, release, releaseCommit),
    ...(asked.hold ? { held: asHeld(pending) } : {}),
  }
  return { ...result, ...(await recordedEnd(site, 'rolled back', releaseCommit, await site.settle())) }
}

const whyOf = ({ by, why }: Withdrawal) => `${by} withdrew it: ${why}`
