import { randomInt } from 'node:crypto'
import type { Environment } from './environment.ts'
import { findRelease } from './history.ts'
import type { OpenJournal, Rollout } from './journal.ts'
import { fetchLedger } from './ledger.ts'
import type { RolloutContext } from './members.ts'
import { nameOf, type Release, sameRelease } from './release.ts'

/** Takes back what another release had on trial: it was neither promoted nor found worse. */
export async function withdraw({ journal, target, log }: RolloutContext): Promise<void> {
  const { rollout, canary, stable } = journal.now
  if (!rollout) return
  log(`${nameOf(rollout.release)} is withdrawn from its trial: another release takes its place`)
  await target.route({ rollout: null, stable, canary: null, weight: 0 })
  await journal.write({ canary: null, rollout: null })
  if (canary) await target.retire(canary)
}

/** On a machine that has nothing yet, the release that was promoted before this one, as Git tells, is stable. */
export async function restore(
  root: string,
  name: string,
  journal: OpenJournal,
  place: () => Promise<{ id: string; port: number }>,
  release: Release,
) {
  if (journal.now.stable) return
  const { tip } = await fetchLedger(root)
  const before = await findRelease(root, tip, name, 'promoted', (file) => !sameRelease(file.release, release))
  if (before) await journal.write({ stable: { ...(await place()), ...before } })
}

/** A rollout that has not begun: policy, seed and time limits as they are now, so that who carries on judges by the same. */
export function rolloutOf(
  { canary, slo, verdict, host }: Environment,
  release: Release,
  releaseCommit: string,
  { now }: OpenJournal,
): Rollout {
  const policy = {
    steps: canary.steps.map((percent) => percent / 100),
    alpha: verdict.alpha_percent / 100,
    shiftTolerance: verdict.shift_tolerance,
    latencyMs: slo.latency_ms,
    tolerance: canary.tolerance_percent / 100,
    minRequests: canary.min_requests,
    startedAt: Date.now(),
    deadlineMs: canary.deadline_minutes * 60_000,
    atDeadline: canary.at_deadline,
  }
  return {
    id: releaseCommit.slice(0, 12),
    phase: 'starting',
    release,
    releaseCommit,
    policy: canary.steps.length > 0 && now.stable ? policy : null,
    // The ledger is public: what could be computed from it, a client could choose its arm by.
    seed: randomInt(2 ** 48 - 1),
    timeoutMs: host.timeout_ms,
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
