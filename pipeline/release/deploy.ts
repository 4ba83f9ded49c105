import { RefusedError } from '../errors.ts'
import type { Asked } from './asked.ts'
import { carryOn, endOvertakenTrial, endTrial, keepServing, restore, rolloutOf } from './begin.ts'
import type { DeployOptions, DeployResult } from './deployment.ts'
import { type Environment, isRehearsal, loadEnvironment } from './environment.ts'
import { asHeld, finishDecided, rollOut } from './finish.ts'
import { commitOf, requireIdentity } from './git.ts'
import { processHolder } from './holder.ts'
import type { Rollout } from './journal.ts'
import { requireOnMain } from './on-main.ts'
import { overResult } from './over.ts'
import { refuseHeld } from './record.ts'
import { type Release, sameRelease } from './release.ts'
import { requestRelease } from './request.ts'
import { revive } from './serving.ts'
import { openSite, type Site } from './site.ts'
import { takeTurn } from './turn.ts'
import { wantedRelease } from './wanted.ts'

/**
 * Releases a model to an environment: waits until nobody else does, records it on the branch `releases`, rolls it out, and promotes it or takes it back. Killed anywhere
 * and run again, here or elsewhere, it carries on. Throws RefusedError for a pair on hold; InputError for a commit that staging or main never had and what else a
 * person must mend, before anything is recorded.
 */
export async function deploy(options: DeployOptions): Promise<DeployResult> {
  const { root, environment: name, request, signal, log = () => {} } = options
  const environment = await loadEnvironment(root, name)
  await requireIdentity(root)
  const commit = await commitOf(root, options.commit)
  await using site = await openSite(options, environment)
  await site.settle(1)
  await bringUp(site)
  const release = options.release ?? (await wantedRelease(options, commit, isRehearsal(environment)))
  await requireOnMain(root, release.commit, name)
  await options.admit?.(release, request)
  const earlier = await finishDecided(site)
  // With a request the ledger is asked whether it was this one's.
  if (earlier && request === undefined && sameRelease(earlier.release, release)) return earlier

  refuseUnheard(site, release)
  const holder = options.holder ?? (await processHolder(root))
  if (request !== undefined) await requestRelease(root, name, { commit, id: request, by: holder.name })
  await site.journal.write({ asking: holder.name })
  const asked: Asked = {
    root,
    environment: name,
    policy: environment,
    release,
    holder,
    request,
    carriesOn: options.carriesOn,
    order: options.order ?? 'request',
  }
  const turn = await takeTurn(asked, {
    prepare: () => prepare(site, release),
    log,
    signal,
    pollMs: options.pollMs ?? 5000,
  }).catch(async (error) => {
    // What Git refuses may be what was left on trial here, and was withdrawn elsewhere.
    if (error instanceof RefusedError) await endOvertakenTrial(site)
    throw error
  })
  if (turn.kind === 'over') {
    await endOvertakenTrial(site)
    return earlier && earlier.releaseCommit === turn.releaseCommit ? earlier : overResult(site, release, turn)
  }
  await remember(site, turn.releaseCommit, holder.name)
  const kept = await keepServing(site, release, turn.releaseCommit)
  // Awaited here: the environment stays locked until the rollout has ended.
  return kept ?? (await rollOut(site, await begun(site, environment, release, turn.releaseCommit)))
}

/** Whatever becomes of this deploy, refused or waiting: who should serve meanwhile does, also where somebody ended it. */
async function bringUp(site: Site): Promise<void> {
  const { stable, rollout } = site.journal.now
  if (!stable) return
  try {
    await revive(site)
    await site.target.open(stable.release.commit)
    // One that does not start stays what should serve: the next one tries again.
    if (!rollout) await site.target.route({ rollout: null, stable: site.journal.now.stable, canary: null, weight: 0 })
  } catch (error) {
    // What this deploy needs itself it asks for again.
    site.log((error as Error).message)
  }
}

/** Throws RefusedError for a pair that a rollback has barred here and Git has not heard of yet. */
function refuseUnheard({ environment, journal }: Site, release: Release): void {
  const barred = journal.now.pendingReverts.filter(({ hold }) => hold)
  refuseHeld(environment, barred.map(asHeld), release)
}

/** Whatever may be missing, a port or a bundle, is to be found before the release is recorded. */
async function prepare(site: Site, release: Release): Promise<void> {
  await restore(site)
  await site.target.prepare(release)
  await revive(site)
  await site.target.open(release.commit)
}

/** Under which name the release is rolled out from here; names of what was settled are forgotten. */
async function remember({ journal }: Site, releaseCommit: string, holder: string): Promise<void> {
  const { pendingPromotions, pendingReverts, holders } = journal.now
  const unsettled = new Set([...pendingPromotions, ...pendingReverts.map((revert) => revert.releaseCommit)])
  const left = Object.entries(holders).filter(([commit]) => unsettled.has(commit))
  await journal.write({ holders: { ...Object.fromEntries(left), [releaseCommit]: holder } })
}

/** The rollout that the journal has for this release, else a new one in the place of any other. */
async function begun(site: Site, environment: Environment, release: Release, releaseCommit: string): Promise<Rollout> {
  const { journal } = site
  const open = journal.now.rollout
  if (open?.releaseCommit === releaseCommit) await carryOn(journal, open, environment)
  else {
    await endTrial(site)
    await journal.write({ rollout: rolloutOf(environment, release, releaseCommit, journal) })
  }
  const rollout = journal.now.rollout
  if (!rollout) throw new Error('the rollout was not journalled')
  return rollout
}
