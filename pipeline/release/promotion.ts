import { perWeight } from './account.ts'

/**
 * Whether a step of the rollout may be passed: the hypothesis is "the canary's rate of bad requests exceeds stable's by at least `tolerance`", and
 * the step is passed when the bets against it have grown twentyfold (5 %). Each stake's factor is expected to be
 * 1 + w·l·(tolerance + stable's rate − canary's rate) ≤ 1 under it (Waudby-Smith & Ramdas 2024, section 4, on a difference of two arms).
 */
export type PromotionTest = {
  readonly stakes: Float64Array
  readonly factors: (weight: number) => Factors
  requests: { stable: number; canary: number }
  /** The mean of the stakes: 1 at the start, 20 to pass. */
  worth: number
}
type Factors = {
  readonly canaryGood: readonly number[]
  readonly canaryBad: readonly number[]
  readonly stableBad: readonly number[]
}

// Bolder bets decide sooner where nothing goes wrong, cautious ones survive a base rate of bad requests.
const boldness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
export const promoteAt = 20

/** `tolerance`: the extra rate of bad requests, over 0 and below 1, that has to be ruled out. */
export function openPromotionTest(tolerance: number): PromotionTest {
  const factors = perWeight((weight) => ({
    canaryGood: boldness.map((l) => 1 + l * tolerance),
    canaryBad: boldness.map((l) => 1 - l * (1 - tolerance)),
    stableBad: boldness.map((l) => 1 + (l * weight) / (1 - weight)),
  }))
  return {
    stakes: new Float64Array(boldness.length).fill(1),
    factors,
    requests: { stable: 0, canary: 0 },
    worth: 1,
  }
}

/** One request of the step, drawn for the canary with probability `weight`. A pair of a shadow is a request of the canary alone: then its rate as such is bounded. */
export function observeRequest(test: PromotionTest, canary: boolean, bad: boolean, weight: number): void {
  test.requests[canary ? 'canary' : 'stable'] += 1
  if (!canary && !bad) return
  const { canaryGood, canaryBad, stableBad } = test.factors(weight)
  const factors = canary ? (bad ? canaryBad : canaryGood) : stableBad
  const { stakes } = test
  let sum = 0
  for (let k = 0; k < stakes.length; k++) {
    const stake = (stakes[k] as number) * (factors[k] as number)
    stakes[k] = stake
    sum += stake
  }
  test.worth = sum / stakes.length
}
