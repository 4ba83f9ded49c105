import { stringify } from 'yaml'
import { InputError } from '../errors.ts'
import { carryOn, restore, rolloutOf, withdraw } from './begin.ts'
import { isRehearsal, loadEnvironment } from './environment.ts'
import { commitOf, requireIdentity } from './git.ts'
import { findRelease } from './history.ts'
import { lockEnvironment, openJournal, type Rollout } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import { type RolloutContext, revive, serveStable } from './members.ts'
import { readRelease, recordRelease, refuseHeld, stagingReleaseOf } from './record.ts'
import { type Held, nameOf, type Release, type ReleasedModel, sameRelease } from './release.ts'
import { advance, type RolloutEnd } from './rollout.ts'
import { type Registry, writeAliases, writePromotions, writeReverts } from './settle.ts'
import { sameCode } from './targets/code.ts'
import { stateDir } from './targets/files.ts'
import { createHost } from './targets/host.ts'
import type { Verdict } from './verdict.ts'

export type DeployOptions = {
  readonly root: string
  /** A folder of `environments/`. */
  readonly environment: string
  /** The commit to release. */
  readonly commit: string
  /** The model to release; without it, the one of the staging release that is recorded for `commit`. */
  readonly model?: ReleasedModel
  /** Brings a model's bundle here and returns its folder. */
  readonly bundle: (model: ReleasedModel) => Promise<string>
  readonly registry: Registry
  readonly log?: (line: string) => void
  /** Takes the requests from the canary and ends with `held`. */
  readonly signal?: AbortSignal
}

export type DeployResult = {
  readonly outcome: 'promoted' | 'rolled back' | 'held' | 'unchanged'
  readonly reason: string
  readonly environment: string
  readonly release: Release
  readonly digest: string
  /** On the branch `releases`. */
  readonly releaseCommit: string
  /** Absent where nothing was rolled back, or Git could not be written to yet. */
  readonly revertCommit?: string
  /** Absent where nothing was rolled back, or the deadline alone did it. */
  readonly held?: Held
  readonly verdict?: Verdict
  readonly canaryRequests: number
  readonly gatewayUrl: string
}

/**
 * Releases a model to an environment: records it on the branch `releases`, rolls it out, and promotes it or takes it back. Killed anywhere and run again,
 * it carries on. Throws RefusedError for a pair on hold; InputError for a commit that staging never had and what else a person must mend, before anything is recorded.
 */
export async function deploy(options: DeployOptions): Promise<DeployResult> {
  const { root, environment: name, bundle, registry, log = () => {}, signal } = options
  const environment = await loadEnvironment(root, name)
  await requireIdentity(root)
  const commit = await commitOf(root, options.commit)
  const state = stateDir(root, name)
  await using _lock = await lockEnvironment(state, name)
  const journal = await openJournal(state)
  const target = createHost({ root, state, name, environment, bundle, log })
  const context: RolloutContext = { environment: name, target, journal, log, ...(signal ? { signal } : {}) }
  const settling = { root, environment: name, journal, log }

  await sweep()
  await writeReverts(settling, 1)
  await writePromotions(settling, 1)
  await writeAliases(settling, registry)
  const release = await wanted(options, commit, isRehearsal(environment))
  const decided = journal.now.rollout
  if (decided?.phase === 'promoting' || decided?.phase === 'rolling back') {
    log(`carrying on with ${nameOf(decided.release)}: ${decided.phase}`)
    await revive(context)
    await target.open(decided.release.commit)
    const end = await finish(await advance(context), decided)
    if (sameRelease(decided.release, release)) return end
  }

  const inGit = await readRelease(root, name)
  refuseHeld(name, [...inGit.held, ...journal.now.pendingReverts.filter(({ hold }) => hold).map(asHeld)], release)
  await target.prepare(release)
  await revive(context)
  await target.open(release.commit)
  const releaseCommit = await recordRelease(root, name, release, stringify(environment))
  const { stable, rollout: open } = journal.now
  const serves =
    stable && sameModel(stable.release, release) && (await sameCode(root, stable.release.commit, release.commit))
  if (serves && open?.releaseCommit !== releaseCommit) {
    await withdraw(context)
    await journal.write({
      stable: { ...stable, release, releaseCommit },
      pendingPromotions: [...journal.now.pendingPromotions, releaseCommit],
      pendingAliases: { ...journal.now.pendingAliases, [name]: release.model.version },
    })
    await serveStable(context)
    await sweep()
    await writePromotions(settling)
    await writeAliases(settling, registry)
    const reason = `${nameOf(release)} runs here already, with the same code`
    return { outcome: 'unchanged', reason, canaryRequests: 0, ...described(release, releaseCommit) }
  }

  if (open?.releaseCommit === releaseCommit) await carryOn(journal, open, environment)
  else {
    await withdraw(context)
    await restore(root, name, journal, target.place, release)
    await journal.write({ rollout: rolloutOf(environment, release, releaseCommit, journal) })
  }
  const begun = journal.now.rollout
  if (!begun) throw new Error('the rollout was not journalled')
  return finish(await advance(context), begun)

  async function finish(end: RolloutEnd, { release, releaseCommit }: Rollout): Promise<DeployResult> {
    const pending = journal.now.pendingReverts.find((revert) => revert.releaseCommit === releaseCommit)
    const revertCommit = (await writeReverts(settling))[releaseCommit]
    await writePromotions(settling)
    await writeAliases(settling, registry)
    await sweep()
    return {
      ...end,
      ...described(release, releaseCommit),
      ...(pending?.hold ? { held: asHeld(pending) } : {}),
      ...(revertCommit ? { revertCommit } : {}),
    }
  }

  // What a killed deploy left behind and the journal does not know.
  function sweep(): Promise<void> {
    const { stable, canary } = journal.now
    return target.sweep([stable, canary].filter((member) => member !== null))
  }

  function described(release: Release, releaseCommit: string) {
    return { environment: name, release, digest: release.model.digest, releaseCommit, gatewayUrl: target.url }
  }
}

async function wanted(
  { root, environment, model }: DeployOptions,
  commit: string,
  rehearsal: boolean,
): Promise<Release> {
  if (model) return { model, commit, rehearsal }
  const staged = await stagingReleaseOf(root, commit)
  if (!staged) {
    // The staging release is what was tried: nothing else may go further.
    const tip = (await fetchLedger(root)).tip
    const [newest, recorded] = [
      await findRelease(root, tip, 'staging', 'promoted', () => true),
      await findRelease(root, tip, 'staging', 'recorded', ({ release }) => release?.commit === commit),
    ]
    const cure = recorded
      ? 'its release was recorded, but never promoted: deploy it to staging again'
      : newest
        ? `the newest one is of ${newest.release.commit.slice(0, 12)}: release that commit`
        : 'deploy to staging first'
    throw new InputError(`${environment}: staging promoted no release of commit ${commit.slice(0, 12)}; ${cure}`)
  }
  return { ...staged.release, rehearsal }
}

function sameModel(a: Release, b: Release): boolean {
  return a.model.digest === b.model.digest && a.image === b.image
}

function asHeld({ release, since, evidence }: { release: Release; since: string; evidence: { why: string } }): Held {
  return { model: release.model.digest, ...(release.image ? { image: release.image } : {}), since, why: evidence.why }
}
