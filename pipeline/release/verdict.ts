import { faultOf, isPair, outcomeOf, type PairEvent, type RolloutEvent } from './event.ts'
import { observeRequest, openPromotionTest, promoteAt } from './promotion.ts'
import { whyBack, whyHeld, whyPromoted } from './reasons.ts'
import { openTests, type TestName } from './tests.ts'

/** What a rollout is judged by; written into the journal when it begins, so that a replay judges by the same. Shares are 0 to 1. */
export type VerdictPolicy = {
  readonly steps: readonly number[]
  readonly alpha: number
  readonly shiftTolerance: number
  readonly latencyMs: number
  /** Extra rate of bad requests (0 to 1) that a step must rule out. */
  readonly tolerance: number
  readonly minRequests: number
  readonly startedAt: number
  readonly deadlineMs: number
  readonly atDeadline: 'roll back' | 'hold'
  /** Before any weight the canary answers copies; `tolerated`: the share of pairs that may disagree. Without it, the first step is the first weight. */
  readonly shadow?: { readonly tolerated: number }
  /** A step is passed once it stood for so long, in the place of a bound on its harm; gaps without a request count for a minute at most. */
  readonly pauseMs?: number
  /** Reported, and decided by nobody but a person. */
  readonly endless?: true
}

const longestGapMs = 60_000

type Arms = { readonly stable: number; readonly canary: number }
export type Verdict = {
  readonly verdict: 'promote' | 'hold' | 'roll back'
  /** One sentence. */
  readonly reason: string
  /** The step that is due, from 0, and its weight: the share of requests the canary should get now. After the last step, its number and 1. */
  readonly step: number
  readonly weight: number
  /** True while the canary should get copies of requests, and no request of its own. */
  readonly shadow: boolean
  /** True where the deadline passed without a verdict: no request should go to the canary, and nothing was found against it. */
  readonly expired: boolean
  readonly evidence: {
    /** Where clients are named: clients. */
    readonly requests: Arms
    readonly bad: { readonly errors: Arms; readonly slow: Arms; readonly outOfRange: Arms; readonly refused: Arms }
    /** Copies that the canary answered, and how many of its answers disagree with stable's. */
    readonly pairs: { readonly seen: number; readonly disagreeing: number }
    /** Per test the share of α that it may spend and what its bets are worth (1 at the start). */
    readonly tests: { readonly [name in TestName]: { readonly alpha: number; readonly worth: number } }
    /** Sum of alpha × worth: rolled back at 1. */
    readonly combined: number
    /** What this step was passed on so far; in the shadow the pairs are the canary's. */
    readonly inStep: Arms & { readonly promotion: number }
    /** Events that could not be used, and the first one's fault. */
    readonly unusable: number
    readonly fault: string | null
    /** Why events are missing that were never seen; null where all are there. */
    readonly missing: string | null
  }
}

/** A judge at work: events in, verdict out. */
export type Judge = {
  readonly observe: (event: unknown) => void
  /** Names why events are missing that were never seen, or null where all are there. */
  readonly setMissing: (why: string | null) => void
  /** What was decided for good; costs nothing, to be asked after every request. */
  readonly decided: () => 'promote' | 'roll back' | undefined
  readonly read: (now: number) => Verdict
}

/**
 * Events in, verdict out: a pure function of the events, of what is said about missing ones, and of the time that is asked for, byte for byte the same at every replay.
 * Rolls back as soon as Σ αᵢ·Eᵢ ≥ 1: whoever is no worse is *ever* rolled back with probability at most α, although we look after every request
 * (Ville's inequality for the average of e-processes; Vovk & Wang 2021, "E-values: calibration, combination and applications").
 * Missing, negative or stale numbers are evidence of nothing: then it holds and says why. While `setMissing` names why events are missing, no step is passed,
 * and whoever is worse is rolled back all the same. Once promoted or rolled back it stays so.
 */
export function createVerdict(policy: VerdictPolicy): Judge {
  const tolerated = policy.shadow?.tolerated ?? null
  const tests = openTests({ alpha: policy.alpha, shiftTolerance: policy.shiftTolerance, tolerated })
  // In the shadow nobody is harmed: what is bounded there is how often the canary disagrees, beyond what is tolerated.
  let shadow = tolerated !== null
  let promotion = openPromotionTest(policy.tolerance + (tolerated ?? 0))
  let step = 0
  let unusable = 0
  let fault: string | null = null
  let missing: string | null = null
  let final: { verdict: 'promote' | 'roll back'; reason: string } | undefined
  let last = 0
  let stood = 0
  let seenAt: number | undefined

  const unfit = (why: string) => {
    unusable += 1
    fault ??= why
  }

  const observe = (value: unknown) => {
    if (final) return
    const wrong = faultOf(value, policy.startedAt)
    if (wrong) {
      last += 1
      return unfit(wrong)
    }
    const event = value as RolloutEvent | PairEvent
    const { n } = event
    // The gateway numbers what it books from 1, without gaps.
    if (n <= last) return unfit(`event ${n} after event ${last}: seen before`)
    if (n > last + 1) unfit(`event ${n} after event ${last}: ${n - last - 1} missing`)
    last = n
    const inStep = isPair(event) ? observePair(event) : observeDrawn(event)
    if (policy.endless) return
    if (tests.combined() >= 1) final = { verdict: 'roll back', reason: whyBack(evidence(), policy) }
    else if (inStep) pass()
  }

  /** Returns whether it was evidence for the step that is due. */
  const observePair = ({ disagrees, client }: PairEvent): boolean => {
    if (!tests.observePair(disagrees === 1, client) || !shadow) return false
    observeRequest(promotion, true, disagrees === 1, 0)
    return true
  }

  const observeDrawn = (event: RolloutEvent): boolean => {
    const { arm, weight } = event
    const outcome = outcomeOf(event, policy.latencyMs)
    // Before the first draw nothing is compared.
    if (weight === 0) return false
    const { again, fault: why } = tests.observe(event, outcome)
    if (why) unfit(why)
    // Requests drawn before this step began say nothing about it, and one draw is evidence once.
    // Who is refused shows in how the arms share that, and in nothing else: strangers must not promote a release, nor stall it.
    if (again || shadow || outcome.refused || weight !== policy.steps[step]) return false
    observeRequest(promotion, arm === 'canary', outcome.bad, weight)
    // A clock that jumps makes no step older.
    stood += Math.min(longestGapMs, Math.max(0, event.at - (seenAt ?? event.at)))
    seenAt = event.at
    return true
  }

  const pass = () => {
    const { stable, canary } = promotion.requests
    if (unusable > 0 || missing !== null) return
    const stands = policy.pauseMs !== undefined && !shadow
    const bounded = stands ? stood >= (policy.pauseMs ?? 0) : promotion.worth >= promoteAt
    if (canary < policy.minRequests || (stable === 0 && !shadow) || !bounded) return
    stood = 0
    seenAt = undefined
    if (shadow) shadow = false
    else step += 1
    if (step < policy.steps.length) promotion = openPromotionTest(policy.tolerance)
    else final = { verdict: 'promote', reason: whyPromoted(policy) }
  }

  const evidence = (): Verdict['evidence'] => ({
    requests: { ...tests.requests },
    bad: tests.badSoFar(),
    pairs: { seen: tests.pairs.pairs, disagreeing: tests.pairs.disagreeing },
    tests: tests.told(),
    combined: tests.combined(),
    inStep: { ...promotion.requests, promotion: promotion.worth },
    unusable,
    fault,
    missing,
  })

  const read = (now: number): Verdict => {
    const seen = evidence()
    const due = shadow ? 0 : (policy.steps[step] ?? 1)
    if (final) {
      const weight = final.verdict === 'roll back' ? 0 : due
      return { ...final, step, weight, shadow: false, expired: false, evidence: seen }
    }
    const expired = !policy.endless && !(now < policy.startedAt + policy.deadlineMs)
    const reason = `${expired ? 'the deadline passed without the evidence to promote: ' : ''}${whyHeld(seen, policy, shadow)}`
    const verdict = expired && policy.atDeadline === 'roll back' ? 'roll back' : 'hold'
    return {
      ...{ verdict, reason, step, weight: expired ? 0 : due },
      ...{ shadow: shadow && !expired, expired, evidence: seen },
    }
  }

  const setMissing = (why: string | null) => {
    missing = why
  }
  return { observe, setMissing, decided: () => final?.verdict, read }
}

/** Replays a whole log: the verdict that was read from it while it was written. */
export function judge(events: Iterable<unknown>, policy: VerdictPolicy, now: number): Verdict {
  const { observe, read } = createVerdict(policy)
  for (const event of events) observe(event)
  return read(now)
}
