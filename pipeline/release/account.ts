/**
 * One bettor against "the canary is no worse": cash that is kept back, and a stake on each alternative. The money is an e-process: under the
 * hypothesis it is expected never to grow, so the chance of *ever* holding 1/α is at most α, however often one looks (Ville 1939; Shafer 2021,
 * "Testing by betting"; Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting").
 */
export type Account = {
  cash: number
  events: number
  /** Cash and stakes together: 1 at the start; 1/α would reject at level α. */
  worth: number
  readonly stakes: Float64Array
  readonly prior: Float64Array
  readonly patience: number
}

/** `prior` sums to 1. The cash released at event j is 1/(j − 1 + patience) of what is left: what is kept back finds failures that begin late. */
export function openAccount(prior: readonly number[], patience: number): Account {
  const stakes = new Float64Array(prior.length)
  return { cash: 1, events: 0, worth: 1, stakes, prior: Float64Array.from(prior), patience }
}

/** One event: releases some cash to the stakes, then multiplies each by its alternative's factor (expected to be ≤ 1 under the hypothesis). */
export function bet(account: Account, factors: Float64Array): void {
  const { stakes, prior } = account
  account.events += 1
  const share = account.events === 1 ? 0.5 : 1 / (account.events - 1 + account.patience)
  const released = account.cash * share
  account.cash -= released
  let worth = account.cash
  for (let k = 0; k < stakes.length; k++) {
    const stake = ((stakes[k] as number) + released * (prior[k] as number)) * (factors[k] as number)
    stakes[k] = stake
    worth += stake
  }
  account.worth = worth
}

/** Factors per weight and outcome, computed once: a rollout has few weights, and reading a table costs nothing per request. */
export function perWeight<T>(make: (weight: number) => T): (weight: number) => T {
  const made = new Map<number, T>()
  return (weight) => {
    const known = made.get(weight)
    if (known !== undefined) return known
    const fresh = make(weight)
    if (made.size < 1000) made.set(weight, fresh)
    return fresh
  }
}
