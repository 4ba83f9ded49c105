import { InputError, RefusedError } from '../errors.ts'
import { endTrial, restore } from './begin.ts'
import type { DeployOptions, DeployResult } from './deployment.ts'
import { loadEnvironment } from './environment.ts'
import { described, finishDecided, rollOut } from './finish.ts'
import { requireIdentity } from './git.ts'
import type { PendingRevert, Rollout } from './journal.ts'
import { lastTwo } from './last-two.ts'
import { requireOnMain } from './on-main.ts'
import type { RecordedRelease } from './record.ts'
import { nameOf } from './release.ts'
import { revive } from './serving.ts'
import type { Settled } from './settle.ts'
import { openSite, type Site } from './site.ts'

/** Who takes the release back that runs, and why. */
export type TakeBack = {
  readonly by: string
  readonly why: string
  /** The model to take back, or a beginning of its digest: run again after it was done, it changes nothing. Without it, what runs. */
  readonly digest?: string | undefined
  /** Whether what is taken back is barred until somebody lifts it. */
  readonly hold: boolean
}

/**
 * Goes back to the release that ran before, at once and without a trial: its bundle is kept, nothing is trained. It is started and predicts its golden records before a client is sent to it; one
 * revert commit says who did it and why. Killed anywhere and run again, it carries on; git may be unreachable meanwhile. Throws RefusedError where what ran before does not
 * run any more (then all stays as it is), InputError where nothing ran before, or another model runs than the one named.
 */
export async function rollback(
  options: Omit<DeployOptions, 'commit' | 'model' | 'image'>,
  asked: TakeBack,
): Promise<DeployResult & { readonly from: RecordedRelease }> {
  const { root, environment: name, log = () => {} } = options
  if (asked.by.trim() === '' || asked.why.trim() === '')
    throw new InputError('rollback: a name and a reason are needed; both are recorded')
  const environment = await loadEnvironment(root, name)
  await requireIdentity(root)
  await using site = await openSite({ ...options, commit: '' }, environment)
  // One that was killed once traffic was back has only Git to tell: what runs now is not what it was asked about.
  const left = site.journal.now.pendingReverts.find(({ goesBack }) => goesBack)
  const settled = await site.settle(1)
  if (left && (asked.digest === undefined || fits(left, asked.digest))) return backAlready(site, left, settled)
  const undone = site.journal.now.rollout?.undoes?.releases[0]
  const begun = undone && (await finishDecided(site))
  if (undone && begun?.outcome === 'promoted') return { ...begun, from: undone }
  const { running, before, twins } = await lastTwo(site)
  if (asked.digest !== undefined && !fits(running, asked.digest))
    throw new InputError(`rollback: ${name} runs ${nameOf(running.release)}, not ${asked.digest}; nothing was changed`)
  if (!before)
    throw new InputError(
      `rollback: ${name} promoted nothing else before ${nameOf(running.release)} that is not on hold; deploy another release`,
    )
  await requireOnMain(root, before.release.commit, `${name}, what ran there before`)
  log(`${name}: back from ${nameOf(running.release)} to ${nameOf(before.release)}, by ${asked.by}: ${asked.why}`)
  await restore(site)
  await site.target.prepare(before.release).catch((cause: Error) => {
    throw new RefusedError(
      `${name}: ${nameOf(before.release)} cannot be brought back (${cause.message}); ${nameOf(running.release)} stays, nothing was recorded: bring that back, or deploy another release`,
      { cause },
    )
  })
  await revive(site)
  await site.target.open(before.release.commit)
  await endTrial(site)
  const { by, why, hold } = asked
  const rollout: Rollout = {
    id: `back-${before.releaseCommit.slice(0, 12)}`,
    phase: 'starting',
    ...before,
    policy: null,
    seed: 0,
    timeoutMs: environment.host.timeout_ms,
    canaryRequests: 0,
    undoes: { releases: [running, ...twins], by, why, hold, since: new Date().toISOString() },
  }
  // What is still started needs no start; its golden records are asked for all the same.
  const { kept } = site.journal.now
  const ready = kept?.member.releaseCommit === before.releaseCommit
  await site.journal.write({ rollout, ...(ready ? { canary: kept.member, kept: null } : {}) })
  const result = await rollOut(site, rollout)
  if (result.outcome !== 'promoted')
    throw new RefusedError(
      `${name}: ${nameOf(before.release)} does not run any more (${result.reason}); ${site.journal.now.stable ? `${nameOf(running.release)} serves on` : 'nobody is answered: deploy another release'}, nothing was recorded`,
    )
  return { ...result, from: running }
}

/** What an earlier run did, which had Git left to tell. */
function backAlready(
  site: Site,
  left: PendingRevert,
  settled: Settled,
): DeployResult & { readonly from: RecordedRelease } {
  const { releaseCommit, release, back, evidence } = left
  const revertCommit = settled[releaseCommit]
  return {
    ...{ outcome: 'promoted' as const, reason: evidence.why, canaryRequests: 0 },
    ...described(site, back ?? release),
    ...(revertCommit ? { revertCommit } : {}),
    from: { releaseCommit, release },
  }
}

function fits({ release }: Pick<RecordedRelease, 'release'>, digest: string): boolean {
  return (
    digest !== '' && (release.model.digest.startsWith(digest) || release.model.digest.startsWith(`sha256:${digest}`))
  )
}
