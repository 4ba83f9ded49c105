import { endEvidence } from './end-evidence.ts'
import { evidenceOf } from './evidence.ts'
import type { Journal, Rollout } from './journal.ts'
import type { Evidence } from './message.ts'
import { nameOf } from './release.ts'
import {
  endKept,
  giveRoomBack,
  makeRoom,
  orWhy,
  type RolloutContext,
  run,
  serveStable,
  smoke,
  startAgain,
} from './serving.ts'
import { judgeSoFar, watch } from './trial.ts'
import type { Verdict } from './verdict.ts'

// The watch sets the weight every second: a canary that nobody watches any more is left without requests after this.
const leaseMs = 10_000

export type RolloutEnd = {
  /** `testing`: an a/b test has begun, and goes on until somebody ends it. */
  readonly outcome: 'promoted' | 'rolled back' | 'held' | 'testing'
  readonly reason: string
  readonly canaryRequests: number
  readonly verdict?: Verdict
  /** What the reason was drawn from. */
  readonly evidence?: Evidence
  /** True where it was rolled back, and what served before does not start again: nobody is answered. */
  readonly unserved?: true
}

/**
 * Takes the journalled rollout to its end, one phase after the other. Each phase looks at what is there, does what is missing, and journals the next; so
 * whoever comes after a kill carries on. `held` leaves the rollout in its trial with no request to the canary: the next deploy goes on with a new deadline.
 */
export async function advance(context: RolloutContext): Promise<RolloutEnd> {
  for (;;) {
    const rollout = context.journal.now.rollout
    if (!rollout) throw new Error('there is no rollout to advance')
    if (rollout.phase === 'starting') await begin(context, rollout)
    else if (rollout.phase === 'rolling back') return rollBack(context, rollout)
    else {
      const end = await (rollout.phase === 'trial' ? onTrial : promote)(context, rollout)
      if (end) return end
    }
  }
}

async function begin(context: RolloutContext, rollout: Rollout): Promise<void> {
  const { journal, target, log } = context
  if (rollout.recreates) await makeRoom(context)
  else await serveStable(context)
  await endKept(context)
  if (!journal.now.canary) {
    const { release, releaseCommit } = rollout
    await journal.write({ canary: { ...(await target.place()), release, releaseCommit } })
  }
  log(`starting ${nameOf(rollout.release)}`)
  const start = async () => (await run(context, 'canary')) ?? (await smoke(context))
  // A release can wait until its bundle is back, or be withdrawn; not clients whom nobody answers meanwhile, nor a way back, which every later command takes first.
  const must = rollout.recreates || rollout.undoes
  const failed = must ? await orWhy(context, start) : await start().then((why) => (why === null ? null : { why }))
  if (failed) {
    const { why, ...untried } = failed
    return enter(context, rollout, { phase: 'rolling back', evidence: { why, lines: [] }, ...untried })
  }
  log(`${nameOf(rollout.release)} is ready and predicts its golden records`)
  const trial = rollout.policy && journal.now.stable
  if (!trial) return enter(context, rollout, { phase: 'promoting' })
  const policy = { ...trialPolicy(rollout), startedAt: Date.now() }
  return enter(context, rollout, { phase: 'trial', policy })
}

async function onTrial(context: RolloutContext, rollout: Rollout): Promise<RolloutEnd | undefined> {
  const { journal, target, log, signal } = context
  const policy = trialPolicy(rollout)
  await startAgain(context, 'stable')
  if (journal.now.stable) await context.trialBegins?.(journal.now.stable.release)
  // One that cannot be started again answers nothing: the verdict sees that, like every other failure on trial.
  await startAgain(context, 'canary')
  const { id, seed, timeoutMs, stickyHeader, mirror } = rollout
  const routes = () => ({
    rollout: id,
    seed,
    timeoutMs,
    stable: journal.now.stable,
    canary: journal.now.canary,
    ...(stickyHeader ? { stickyHeader } : {}),
  })
  if (policy.endless) return test(context, rollout, () => target.route({ ...routes(), weight: policy.steps[0] ?? 0 }))
  const gone = new AbortController()
  const verdict = await watch({
    policy,
    events: target.events(id),
    setShare: ({ weight, shadow }, said) =>
      target.route({ ...routes(), leaseMs, weight, said, ...(shadow && mirror ? { mirror } : {}) }),
    tend: async (begun) => {
      await target.open(rollout.release.commit)
      if (journal.now.stable) await target.start(journal.now.stable)
      // What ends on trial fails its requests, and the verdict sees that. Where it ended before the first one, none is drawn for it, and nothing would ever be seen.
      const failed = begun ? null : await startAgain(context, 'canary')
      if (failed) gone.abort(failed)
    },
    log,
    signal: signal ? AbortSignal.any([signal, gone.signal]) : gone.signal,
  })
  const seen = { verdict, canaryRequests: verdict.evidence.requests.canary }
  if (gone.signal.aborted && verdict.verdict === 'hold') {
    const why = `ended before it had a request, and does not start again: ${gone.signal.reason}`
    // What an earlier deadline said of it has nothing to do with this.
    const { verdict: _earlier, ...undecided } = rollout
    await enter(context, undecided, { phase: 'rolling back', evidence: { why, lines: [] } })
    return undefined
  }
  const evidence = evidenceOf(verdict, policy)
  log(`${verdict.verdict}: ${verdict.reason}`)
  if (verdict.verdict === 'hold') {
    const reason = signal?.aborted && !verdict.expired ? `interrupted; ${verdict.reason}` : verdict.reason
    await enter(context, rollout, { ...seen, held: reason })
    return { outcome: 'held', reason, evidence, ...seen }
  }
  if (verdict.verdict === 'promote') await enter(context, rollout, { ...seen, phase: 'promoting' })
  else await enter(context, rollout, { ...seen, phase: 'rolling back', evidence })
  return undefined
}

/** Gives an a/b test its share, for good: it outlives whoever began it, and tells what was seen so far each time somebody asks. */
async function test(context: RolloutContext, rollout: Rollout, give: () => Promise<void>): Promise<RolloutEnd> {
  await give()
  const policy = trialPolicy(rollout)
  const verdict = await judgeSoFar(context.target.events(rollout.id), policy)
  const seen = { verdict, canaryRequests: verdict.evidence.requests.canary }
  await enter(context, rollout, seen)
  return { outcome: 'testing', reason: verdict.reason, evidence: evidenceOf(verdict, policy), ...seen }
}

async function promote(context: RolloutContext, rollout: Rollout): Promise<RolloutEnd | undefined> {
  const { environment, journal, target, log } = context
  const { stable: old, canary, pendingPromotions, pendingReverts, passed } = journal.now
  if (!canary) throw new Error('there is no canary to promote')
  const failed = await orWhy(context, () => run(context, 'canary'))
  if (failed) {
    // It passed, and a reboot or the like ended it: what cannot be started again must not take stable's place.
    const { verdict: _passed, override: _word, ...undecided } = rollout
    const { why, ...untried } = failed
    const evidence = { why: `passed its trial, but does not start again: ${why}`, lines: [] }
    await enter(context, undecided, { phase: 'rolling back', evidence, ...untried })
    return undefined
  }
  const stable = journal.now.canary ?? canary
  await target.route({ rollout: null, stable, canary: null, weight: 0 })
  const pendingAliases = aliasesFor(environment, rollout, journal.now)
  const { undoes, keepMs } = rollout
  const end = endOf(rollout)
  const reason =
    (rollout.override ? end.evidence?.why : rollout.verdict?.reason) ??
    (undoes
      ? `${undoes.by} went back to it: ${undoes.why}`
      : old
        ? 'the golden records are predicted as in training'
        : 'the first release: the golden records are predicted as in training')
  await journal.write({
    stable,
    canary: null,
    rollout: null,
    kept: old && keepMs ? { member: old, until: Date.now() + keepMs } : null,
    // What is gone back to was promoted when it came.
    ...(undoes
      ? { pendingReverts: [...pendingReverts, ...takenBack(rollout, undoes)] }
      : {
          pendingPromotions: [...pendingPromotions, rollout.releaseCommit],
          passed: { ...passed, [rollout.releaseCommit]: end.evidence ?? { why: reason, lines: [] } },
        }),
    pendingAliases,
  })
  if (old && !keepMs) await target.retire(old)
  log(`${environment} runs ${nameOf(rollout.release)}`)
  return { outcome: 'promoted', ...end, reason }
}

async function rollBack(context: RolloutContext, rollout: Rollout): Promise<RolloutEnd> {
  const { journal, target, log } = context
  const unserved = await giveRoomBack(context)
  const { stable, canary, pendingReverts } = journal.now
  const found: Evidence = rollout.evidence ?? { why: 'rolled back', lines: [] }
  const evidence = unserved ? { ...found, why: `${found.why}; ${unserved}` } : found
  // Clients first; Git hears of it when it can.
  await target.route({ rollout: null, stable: unserved ? null : stable, canary: null, weight: 0 })
  const { releaseCommit, release } = rollout
  if (rollout.undoes) {
    await journal.write({ canary: null, rollout: null })
    if (canary) await target.retire(canary)
    return { outcome: 'rolled back', ...endOf(rollout), evidence, reason: evidence.why }
  }
  const since = new Date().toISOString()
  // Only evidence bars a pair: too little traffic says nothing against it, nor does a bundle that cannot be had now.
  const hold = rollout.withdrawn?.hold ?? !(rollout.verdict?.expired || rollout.untried)
  const told = { evidence, ...(unserved ? { unserved: true as const } : {}) }
  const pending = { releaseCommit, release, back: stable?.release ?? null, hold, since, ...told }
  await journal.write({ canary: null, rollout: null, pendingReverts: [...pendingReverts, pending] })
  log(`${nameOf(release)} gets no more requests: ${evidence.why}`)
  if (canary) await target.retire(canary)
  return { outcome: 'rolled back', ...endOf(rollout), reason: evidence.why, ...told }
}

async function enter({ journal }: RolloutContext, rollout: Rollout, change: Partial<Rollout>): Promise<void> {
  await journal.write({ rollout: { ...rollout, ...change } })
}

function trialPolicy({ policy }: Rollout) {
  if (!policy) throw new Error('a rollout without a policy has no trial')
  return policy
}

function endOf(rollout: Rollout) {
  const { canaryRequests, verdict } = rollout
  const evidence = endEvidence(rollout)
  return { canaryRequests, ...(verdict ? { verdict } : {}), ...(evidence ? { evidence } : {}) }
}

/** What somebody took back, as Git has to hear it. */
function takenBack({ release: back }: Rollout, { releases, by, why, hold, since }: NonNullable<Rollout['undoes']>) {
  const evidence: Evidence = { why: `${by} took it back: ${why}`, lines: [] }
  return releases.map((each) => ({
    ...each,
    back,
    hold,
    evidence,
    since,
    byHand: true as const,
    goesBack: true as const,
  }))
}

/** A model without a version has no alias, and nobody may be told that the one before is still there. */
function aliasesFor(
  environment: string,
  { release, undoes }: Rollout,
  { stable, pendingAliases }: Journal,
): Journal['pendingAliases'] {
  const { [environment]: _stale, ...others } = pendingAliases
  const { version } = release.model
  const left = stable?.release.model.version
  // What was taken back is nothing to go back to.
  const previous = environment === 'production' && left !== undefined && left !== version && !undoes
  return {
    ...others,
    ...(version === undefined ? {} : { [environment]: version }),
    ...(previous ? { previous: left } : {}),
  }
}
