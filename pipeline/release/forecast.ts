import { random } from '../random.ts'
import type { Account } from './account.ts'
import { observeRequest, openPromotionTest, promoteAt } from './promotion.ts'
import { observeBad, openShareTest } from './share-test.ts'

const repetitions = 200
const most = 1_000_000

/** Canary requests, 95th percentile of 200 seeded simulations; Infinity where more than 5 % need over a million. */
function ninetyFifth(one: (next: () => number) => number): number {
  const all = Array.from({ length: repetitions }, (_, seed) => one(random(seed + 1))).sort((a, b) => a - b)
  const found = all[Math.ceil(0.95 * repetitions) - 1] ?? most
  return found >= most ? Infinity : found
}

/** Waits between events of a rate: exponential, which a Poisson process has. */
const wait = (next: () => number, rate: number) => (rate > 0 ? -Math.log(1 - next()) / rate : Infinity)

/**
 * How many canary requests a step takes until its harm is bounded, where the canary is as good as stable and `base` of all requests are bad (0 to 1). Only bad requests and the canary's
 * are drawn: good ones of stable tell the test nothing.
 */
export function requestsToPass(
  { tolerance, minRequests }: { readonly tolerance: number; readonly minRequests: number },
  weight: number,
  base: number,
): number {
  const stablePerCanary = (1 - weight) / weight
  return ninetyFifth((next) => {
    const test = openPromotionTest(tolerance)
    let untilBad = wait(next, base * stablePerCanary)
    for (let canary = 1; canary < most; canary++) {
      observeRequest(test, true, next() < base, weight)
      for (untilBad -= 1; untilBad <= 0; untilBad += wait(next, base * stablePerCanary))
        observeRequest(test, false, true, weight)
      if (canary >= minRequests && test.worth >= promoteAt) return canary
      // What was not bounded by now is a matter of luck: such a tolerance is too small for such a base rate.
      if (test.worth < 1e-12) return most
    }
    return most
  })
}

/**
 * How many canary requests it takes until a canary of which `rate` of the requests are bad is found, where `base` of stable's are, with `alpha` to spend on it. Only bad requests are drawn.
 */
export function requestsToFind(alpha: number, weight: number, rate: number, base: number): number {
  const canaryRate = rate
  const stableRate = (base * (1 - weight)) / weight
  return ninetyFifth((next) => {
    const account: Account = openShareTest()
    let requests = 0
    while (requests < most) {
      requests += wait(next, canaryRate + stableRate)
      observeBad(account, next() * (canaryRate + stableRate) < canaryRate, weight)
      if (alpha * account.worth >= 1) return Math.ceil(requests)
    }
    return most
  })
}
