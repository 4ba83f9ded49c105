/**
 * Whether a step of the rollout may be passed: the hypothesis is "the canary's rate of bad requests exceeds stable's by at least `tolerance`", and
 * the step is passed when the bets against it have grown twentyfold (5 %). Each stake's factor is expected to be
 * 1 + w·l·(tolerance + stable's rate − canary's rate) ≤ 1 under it (Waudby-Smith & Ramdas 2024, section 4, on a difference of two arms).
 */
export type PromotionTest = {
  readonly stakes: Float64Array
  readonly tolerance: number
  requests: { stable: number; canary: number }
}

// Bolder bets decide sooner where nothing goes wrong, cautious ones survive a base rate of bad requests.
const boldness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
export const promoteAt = 20

export function openPromotionTest(tolerance: number): PromotionTest {
  return { stakes: new Float64Array(boldness.length).fill(1), tolerance, requests: { stable: 0, canary: 0 } }
}

export function observeRequest(test: PromotionTest, canary: boolean, bad: boolean, weight: number): void {
  test.requests[canary ? 'canary' : 'stable'] += 1
  if (!canary && !bad) return
  for (const [k, l] of boldness.entries()) {
    const factor = canary
      ? bad
        ? 1 - l * (1 - test.tolerance)
        : 1 + l * test.tolerance
      : 1 + (l * weight) / (1 - weight)
    test.stakes[k] = (test.stakes[k] as number) * factor
  }
}

/** The mean of the stakes: 1 at the start, 20 to pass. */
export function promotionWorth(test: PromotionTest): number {
  let sum = 0
  for (const stake of test.stakes) sum += stake
  return sum / boldness.length
}
