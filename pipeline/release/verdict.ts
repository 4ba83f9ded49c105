import { type Account, worth } from './account.ts'
import { faultOf, outcomeOf, type RolloutEvent } from './event.ts'
import { observeRequest, openPromotionTest, promoteAt, promotionWorth } from './promotion.ts'
import { whyBack, whyHeld, whyPromoted } from './reasons.ts'
import { observeBad, openShareTest } from './share-test.ts'
import { observePrediction, openShiftTest } from './shift-test.ts'

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
}

type Arms = { readonly stable: number; readonly canary: number }
type TestName = 'errors' | 'slow' | 'shift' | 'outOfRange'
export type Verdict = {
  readonly verdict: 'promote' | 'hold' | 'roll back'
  /** One sentence. */
  readonly reason: string
  /** The step that is due, from 0, and its weight: the share of requests the canary should get now. After the last step, its number and 1. */
  readonly step: number
  readonly weight: number
  /** True where the deadline passed without a verdict: no request should go to the canary, and nothing was found against it. */
  readonly expired: boolean
  readonly evidence: {
    readonly requests: Arms
    readonly bad: { readonly errors: Arms; readonly slow: Arms; readonly outOfRange: Arms }
    /** Per test the share of α that it may spend and what its bets are worth (1 at the start). */
    readonly tests: { readonly [name in TestName]: { readonly alpha: number; readonly worth: number } }
    /** Sum of alpha × worth: rolled back at 1. */
    readonly combined: number
    readonly inStep: Arms & { readonly promotion: number }
    /** Events that could not be used, and the first one's fault. */
    readonly unusable: number
    readonly fault: string | null
    /** Why events are missing that were never seen; null where all are there. */
    readonly missing: string | null
  }
}

// How α is shared out. A tenth is kept for paired disagreement in shadow, a test that only a rollout with shadow makes.
const shares: { readonly [name in TestName]: number } = { errors: 0.3, slow: 0.3, shift: 0.2, outOfRange: 0.1 }

/**
 * Events in, verdict out: a pure function of the events, of what is said about missing ones, and of the time that is asked for, byte for byte the same at every replay.
 * Rolls back as soon as Σ αᵢ·Eᵢ ≥ 1: whoever is no worse is *ever* rolled back with probability at most α, although we look after every request
 * (Ville's inequality for the average of e-processes; Vovk & Wang 2021, "E-values: calibration, combination and applications").
 * Missing, negative or stale numbers are evidence of nothing: then it holds and says why. While `setMissing` names why events are missing, no step is passed,
 * and whoever is worse is rolled back all the same. Once promoted or rolled back it stays so.
 */
export function createVerdict(policy: VerdictPolicy): {
  observe: (event: unknown) => void
  setMissing: (why: string | null) => void
  read: (now: number) => Verdict
} {
  const accounts = { errors: openShareTest(), slow: openShareTest(), outOfRange: openShareTest() }
  const shift = openShiftTest(policy.shiftTolerance)
  const arms = () => ({ stable: 0, canary: 0 })
  const requests = arms()
  const bad = { errors: arms(), slow: arms(), outOfRange: arms() }
  let promotion = openPromotionTest(policy.tolerance)
  let step = 0
  let unusable = 0
  let fault: string | null = null
  let missing: string | null = null
  let final: { verdict: 'promote' | 'roll back'; reason: string } | undefined
  let combined = 0
  let last = 0
  const accountOf: { readonly [name in TestName]: Account } = { ...accounts, shift: shift.account }
  const names = Object.keys(shares) as TestName[]
  const sum = () => names.reduce((total, name) => total + policy.alpha * shares[name] * worth(accountOf[name]), 0)
  combined = sum()

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
    const event = value as RolloutEvent
    const { n, arm, weight } = event
    // The gateway numbers what it books from 1, without gaps.
    if (n <= last) return unfit(`event ${n} after event ${last}: seen before`)
    if (n > last + 1) unfit(`event ${n} after event ${last}: ${n - last - 1} missing`)
    last = n
    const outcome = outcomeOf(event, policy.latencyMs)
    // Before the first draw nothing is compared.
    if (weight === 0 || !outcome.judged) return
    const canary = arm === 'canary'
    requests[arm] += 1
    for (const name of ['errors', 'slow', 'outOfRange'] as const)
      if (outcome[name]) {
        bad[name][arm] += 1
        observeBad(accounts[name], canary, weight)
      }
    if (event.bin !== null) observePrediction(shift, canary, event.bin, weight)
    combined = sum()
    if (combined >= 1) {
      final = { verdict: 'roll back', reason: whyBack(evidence(), policy) }
      return
    }
    // Requests drawn before this step began say nothing about it.
    if (weight !== policy.steps[step]) return
    observeRequest(promotion, canary, outcome.bad, weight)
    const seen = promotion.requests
    if (unusable > 0 || missing !== null) return
    if (seen.canary < policy.minRequests || seen.stable === 0 || promotionWorth(promotion) < promoteAt) return
    step += 1
    if (step < policy.steps.length) promotion = openPromotionTest(policy.tolerance)
    else final = { verdict: 'promote', reason: whyPromoted(policy) }
  }

  const evidence = () => ({
    requests: { ...requests },
    bad: { errors: { ...bad.errors }, slow: { ...bad.slow }, outOfRange: { ...bad.outOfRange } },
    tests: Object.fromEntries(
      names.map((name) => [name, { alpha: policy.alpha * shares[name], worth: worth(accountOf[name]) }]),
    ) as Verdict['evidence']['tests'],
    combined,
    inStep: { ...promotion.requests, promotion: promotionWorth(promotion) },
    unusable,
    fault,
    missing,
  })

  const read = (now: number): Verdict => {
    const seen = evidence()
    const weight = final?.verdict === 'roll back' ? 0 : (policy.steps[step] ?? 1)
    if (final) return { ...final, step, weight, expired: false, evidence: seen }
    const expired = !(now < policy.startedAt + policy.deadlineMs)
    const reason = `${expired ? 'the deadline passed without the evidence to promote: ' : ''}${whyHeld(seen, policy)}`
    if (expired && policy.atDeadline === 'roll back')
      return { verdict: 'roll back', reason, step, weight: 0, expired, evidence: seen }
    return { verdict: 'hold', reason, step, weight: expired ? 0 : weight, expired, evidence: seen }
  }

  const setMissing = (why: string | null) => {
    missing = why
  }
  return { observe, setMissing, read }
}

/** Replays a whole log: the verdict that was read from it while it was written. */
export function judge(events: Iterable<unknown>, policy: VerdictPolicy, now: number): Verdict {
  const { observe, read } = createVerdict(policy)
  for (const event of events) observe(event)
  return read(now)
}
