import { type Account, bet, openAccount, perWeight } from './account.ts'

// How many times likelier a bad request is on the canary, and how much is staked on it: from barely to total failure.
const ratios = [1.5, 2, 3, 5, 10, 30, 200]
const prior = [0.15, 0.25, 0.15, 0.12, 0.11, 0.11, 0.11]
const patience = 50

export function openShareTest(): Account {
  return openAccount(prior, patience)
}

/**
 * One bad request, drawn for the canary with probability `weight`. If the canary is no worse, a bad request was the canary's with that
 * probability whatever the rate of bad requests, so an incident that hits both arms blames nobody: a two-sample test by conditioning, after
 * Turner, Ly & Grünwald 2024, "Generic E-variables for exact sequential k-sample tests".
 */
export function observeBad(account: Account, canary: boolean, weight: number): void {
  const { onCanary, onStable } = factors(weight)
  bet(account, canary ? onCanary : onStable)
}

const factors = perWeight((weight) => {
  const onStable = Float64Array.from(ratios, (ratio) => 1 / (1 + weight * (ratio - 1)))
  return { onStable, onCanary: onStable.map((factor, k) => factor * (ratios[k] as number)) }
})
