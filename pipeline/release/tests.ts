import type { Outcome, RolloutEvent } from './event.ts'
import { observePair, openShadowTest } from './shadow-test.ts'
import { observeBad, openShareTest } from './share-test.ts'
import { observePrediction, openShiftTest } from './shift-test.ts'
import { openSticky } from './sticky.ts'

export type TestName = 'errors' | 'slow' | 'shift' | 'outOfRange' | 'shadow'

type Shares = { readonly [name in TestName]: number }
// How α is shared out: one α for the whole rollout, whatever its steps. Without a shadow nothing is put by for it.
const withShadow: Shares = { errors: 0.3, slow: 0.3, shift: 0.2, outOfRange: 0.1, shadow: 0.1 }
const withoutShadow: Shares = { errors: 0.35, slow: 0.35, shift: 0.2, outOfRange: 0.1, shadow: 0 }
const names = Object.keys(withShadow) as TestName[]
const badTests = ['errors', 'slow', 'outOfRange'] as const
const arms = () => ({ stable: 0, canary: 0 })

/** What one request added: whether its draw was counted before, or why it cannot be used. */
export type Observed = { readonly again: boolean; readonly fault: string | null }

/** All tests of one rollout. `tolerated` is the share of shadow pairs that may disagree; null where there is no shadow. */
export function openTests({
  alpha,
  shiftTolerance,
  tolerated,
}: {
  readonly alpha: number
  readonly shiftTolerance: number
  readonly tolerated: number | null
}) {
  const shares = tolerated === null ? withoutShadow : withShadow
  const accounts = { errors: openShareTest(), slow: openShareTest(), outOfRange: openShareTest() }
  const shift = openShiftTest(shiftTolerance)
  const shadow = openShadowTest(tolerated ?? 0.01)
  const sticky = openSticky()
  const paired = new Set<string>()
  const accountOf = { ...accounts, shift: shift.account, shadow: shadow.account }
  // One row for the loop that runs after every request.
  const row = names.map((name) => ({ account: accountOf[name], alpha: alpha * shares[name] }))
  const requests = arms()
  const bad = { errors: arms(), slow: arms(), outOfRange: arms() }

  return {
    requests,
    bad,
    pairs: shadow as { readonly pairs: number; readonly disagreeing: number },
    /** A request that was judged, drawn at a weight over 0. */
    observe(event: RolloutEvent, outcome: Outcome): Observed {
      const { arm, weight, client, bin } = event
      const seen = client === undefined ? { both: false, first: true } : sticky.see(client, arm, weight)
      if (seen.both) return { again: true, fault: 'a client was answered by both arms at one weight' }
      const canary = arm === 'canary'
      if (seen.first) requests[arm] += 1
      for (const name of badTests) {
        if (!outcome[name]) continue
        const share = client === undefined ? weight : sticky.shareAtRisk(name, client, weight)
        if (share === null) continue
        bad[name][arm] += 1
        observeBad(accounts[name], canary, share)
      }
      if (bin !== null && seen.first) observePrediction(shift, canary, bin, weight)
      return { again: !seen.first, fault: null }
    },
    /** A pair of a shadow; a client's first one only, where clients are named. Returns whether it counted. */
    observePair(disagrees: boolean, client: string | undefined): boolean {
      if (client !== undefined) {
        if (paired.has(client)) return false
        paired.add(client)
      }
      observePair(shadow, disagrees)
      return true
    },
    /** Σ αᵢ·Eᵢ. */
    combined(): number {
      let sum = 0
      for (const each of row) sum += each.alpha * each.account.worth
      return sum
    },
    told: () =>
      Object.fromEntries(
        names.map((name) => [name, { alpha: alpha * shares[name], worth: accountOf[name].worth }]),
      ) as { readonly [name in TestName]: { readonly alpha: number; readonly worth: number } },
  }
}
