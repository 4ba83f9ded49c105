import { isUndecided } from './decided.ts'
import type { DeployResult } from './deployment.ts'
import { historyAt } from './history.ts'
import { namesOf, type PendingRevert, type Rollout } from './journal.ts'
import type { Held, Release } from './release.ts'
import { advance, type RolloutEnd } from './rollout.ts'
import { revive } from './serving.ts'
import type { Settled } from './settle.ts'
import type { Site } from './site.ts'

/** Takes a rollout to its end, and tells Git. */
export async function rollOut(site: Site, rollout: Rollout): Promise<DeployResult> {
  const { release, releaseCommit } = rollout
  const end = await advance(site)
  const pending = site.journal.now.pendingReverts.find((revert) => revert.releaseCommit === releaseCommit)
  const clients = await site.clients.end()
  const result = { ...end, ...described(site, release, releaseCommit), ...clients }
  const recorded = await recordedEnd(site, end.outcome, releaseCommit, await site.settle())
  return { ...result, ...(pending?.hold ? { held: asHeld(pending) } : {}), ...recorded }
}

/** Ends what an earlier command had decided and was killed in; undefined where there is nothing of the kind, or Git has gone on without it. */
export async function finishDecided(site: Site): Promise<DeployResult | undefined> {
  const { journal, target, log } = site
  const { rollout } = journal.now
  const early = rollout?.phase === 'starting' || rollout?.phase === 'trial'
  if (!rollout || (early && !rollout.undoes)) return undefined
  // What speaks against a release is told in any case.
  if (rollout.phase === 'promoting' && !rollout.undoes && !(await isOurs(site, rollout))) return undefined
  log(`carrying on with ${rollout.release.model.digest.slice(0, 19)}: ${rollout.phase}`)
  await revive(site)
  await target.open(rollout.release.commit)
  return rollOut(site, rollout)
}

/** Whether Git still waits for a rollout's end, and for this machine to bring it. */
export function isOurs({ root, environment, journal }: Site, { releaseCommit }: Rollout): Promise<boolean> {
  return isUndecided(root, environment, releaseCommit, namesOf(journal.now, releaseCommit))
}

/** What Git says of a release's end. It may have been overtaken while it was on its way: then that is its end, whatever was found here. */
export async function recordedEnd(
  { root, environment, log }: Site,
  outcome: RolloutEnd['outcome'] | 'unchanged',
  releaseCommit: string,
  settled: Settled,
): Promise<Partial<DeployResult>> {
  const commit = settled[releaseCommit]
  const [entry] = commit ? await historyAt(root, commit, environment) : []
  if (!entry) return {}
  if (entry.kind === 'revert' && outcome === 'rolled back') return { revertCommit: entry.commit }
  if (entry.kind === 'promote' && outcome !== 'rolled back') return {}
  const reason = `${outcome} here, but overtaken meanwhile: ${entry.subject}`
  log(reason)
  return { outcome: 'superseded', reason, supersedeCommit: entry.commit }
}

/** What every result tells. */
export function described({ environment, target }: Site, release: Release, releaseCommit?: string) {
  return {
    ...{ environment, release, digest: release.model.digest, gatewayUrl: target.url },
    ...(releaseCommit ? { releaseCommit } : {}),
  }
}

/** A rollback that Git has not heard of, as the hold that it will be. */
export function asHeld({ release, since, evidence }: PendingRevert): Held {
  return { model: release.model.digest, ...(release.image ? { image: release.image } : {}), since, why: evidence.why }
}
