import { randomInt } from 'node:crypto'
import type { DeployResult } from './deployment.ts'
import type { Environment } from './environment.ts'
import { described, isOurs, recordedEnd } from './finish.ts'
import { findRelease } from './history.ts'
import type { OpenJournal, Rollout } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { requireOnMain } from './on-main.ts'
import { nameOf, type Release } from './release.ts'
import { giveRoomBack, revive, serveStable } from './serving.ts'
import type { Site } from './site.ts'
import { wayOf } from './strategy.ts'
import { sameCode } from './targets/code.ts'

/** Takes back what another release had on trial here; that it was overtaken, Git knows. */
export async function endTrial(site: Site): Promise<void> {
  const { journal, target, log } = site
  const { rollout } = journal.now
  if (!rollout) return
  log(`${nameOf(rollout.release)} is withdrawn from its trial: another release takes its place`)
  const unserved = await giveRoomBack(site)
  if (unserved) log(unserved)
  const { canary, stable } = journal.now
  await target.route({ rollout: null, stable: unserved ? null : stable, canary: null, weight: 0 })
  await journal.write({ canary: null, rollout: null })
  if (canary) await target.retire(canary)
}

/** Takes back a trial of this machine whose release Git has gone on without. */
export async function endOvertakenTrial(site: Site): Promise<void> {
  const { rollout } = site.journal.now
  if (!rollout || (await isOurs(site, rollout))) return
  await revive(site)
  await site.target.open(rollout.release.commit)
  await endTrial(site)
}

/** On a machine that has nothing yet, what was promoted last, as Git tells, is stable. Throws InputError where main never had its commit. */
export async function restore({ root, environment, journal, target }: Site): Promise<void> {
  if (journal.now.stable) return
  const { tip } = await fetchLedger(root)
  const promoted = await findRelease(root, tip, environment, 'promoted', () => true)
  if (!promoted) return
  await requireOnMain(root, promoted.release.commit, `${environment}, what was promoted there last`)
  await journal.write({ stable: { ...(await target.place()), ...promoted } })
}

/** Where the model serves already, with the same code, nothing is rolled out: the release is promoted as it is. Undefined where it does not. */
export async function keepServing(
  site: Site,
  release: Release,
  releaseCommit: string,
): Promise<DeployResult | undefined> {
  const { root, environment, journal } = site
  const { stable, rollout } = journal.now
  if (!stable || rollout?.releaseCommit === releaseCommit) return undefined
  const { model, image, commit } = stable.release
  if (model.digest !== release.model.digest || image !== release.image) return undefined
  if (!(await sameCode(root, commit, release.commit))) return undefined
  await endTrial(site)
  await serveStable(site)
  if (!journal.now.stable) return undefined
  const { version } = release.model
  await journal.write({
    stable: { ...journal.now.stable, release, releaseCommit },
    pendingPromotions: [...journal.now.pendingPromotions, releaseCommit],
    pendingAliases: { ...journal.now.pendingAliases, ...(version === undefined ? {} : { [environment]: version }) },
  })
  const reason = `${nameOf(release)} runs here already, with the same code`
  const result = {
    outcome: 'unchanged',
    reason,
    canaryRequests: 0,
    ...described(site, release, releaseCommit),
  } as const
  return { ...result, ...(await recordedEnd(site, 'unchanged', releaseCommit, await site.settle())) }
}

/** A rollout that has not begun: its way, seed and time limits as they are now, so that who carries on judges by the same. */
export function rolloutOf(
  environment: Environment,
  release: Release,
  releaseCommit: string,
  { now }: OpenJournal,
): Rollout {
  return {
    id: releaseCommit.slice(0, 12),
    phase: 'starting',
    release,
    releaseCommit,
    ...wayOf(environment, now.stable !== null, Date.now()),
    // The ledger is public: what could be computed from it, a client could choose its arm by.
    seed: randomInt(2 ** 48 - 1),
    timeoutMs: environment.host.timeout_ms,
    canaryRequests: 0,
  }
}

/** A rollout that was held gets a new deadline; the evidence it has stays. */
export async function carryOn(journal: OpenJournal, rollout: Rollout, { canary }: Environment): Promise<void> {
  const { held, ...going } = rollout
  if (held === undefined || !rollout.policy) return
  const deadlineMs = Date.now() - rollout.policy.startedAt + canary.deadline_minutes * 60_000
  await journal.write({ rollout: { ...going, policy: { ...rollout.policy, deadlineMs } } })
}
