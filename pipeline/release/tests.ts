import type { Outcome, RolloutEvent } from './event.ts'
import { observePair, openShadowTest } from './shadow-test.ts'
import { observeBad, openShareTest } from './share-test.ts'
import { observeNoPrediction, observePrediction, openShiftTest } from './shift-test.ts'
import { type BadTest, badTests, openSticky } from './sticky.ts'

export type TestName = BadTest | 'shift' | 'shadow'

type Shares = { readonly [name in TestName]: number }
// How α is shared out: one α for the whole rollout, whatever its steps. Without a shadow nothing is put by for it.
const withShadow: Shares = { errors: 0.29, slow: 0.29, shift: 0.2, outOfRange: 0.06, refused: 0.06, shadow: 0.1 }
const withoutShadow: Shares = { errors: 0.33, slow: 0.33, shift: 0.2, outOfRange: 0.07, refused: 0.07, shadow: 0 }
const names = Object.keys(withShadow) as TestName[]
const arms = () => ({ stable: 0, canary: 0 })

/** What each test may spend of α, 0 to 1, and 1 in all. */
export const sharesOfAlpha = (shadow: boolean): Shares => (shadow ? withShadow : withoutShadow)

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
  const shares = sharesOfAlpha(tolerated !== null)
  const accounts = perBadTest(openShareTest)
  const shift = openShiftTest(shiftTolerance)
  const shadow = openShadowTest(tolerated ?? 0.01)
  const sticky = openSticky()
  const paired = new Set<string>()
  const accountOf = { ...accounts, shift: shift.account, shadow: shadow.account }
  // One row for the loop that runs after every request.
  const row = names.map((name) => ({ account: accountOf[name], alpha: alpha * shares[name] }))
  const requests = arms()
  const bad = perBadTest(arms)

  return {
    requests,
    badSoFar: () => perBadTest((name) => ({ ...bad[name] })),
    pairs: shadow as { readonly pairs: number; readonly disagreeing: number },
    /** A request drawn at a weight over 0. */
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
      if (seen.first && bin !== null) observePrediction(shift, canary, bin, weight)
      else if (seen.first && !canary) observeNoPrediction(shift, weight)
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

const perBadTest = <T>(make: (name: BadTest) => T): { readonly [name in BadTest]: T } => ({
  errors: make('errors'),
  slow: make('slow'),
  outOfRange: make('outOfRange'),
  refused: make('refused'),
})
