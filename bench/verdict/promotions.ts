import { createVerdict } from '../../pipeline/release/verdict.ts'
import { endless, healthy, independent } from './traffic.ts'

export type Promoted = { rollouts: number; promoted: number; needed: number[] }

/**
 * Rollouts of one step at one weight, with next to no α, so that the promotion test stands alone: a canary that is truly worse by `extra` (0: as good), with a base rate of bad requests. Counts
 * promotions, and the canary requests that each took.
 */
export function promotions({
  tolerance,
  base,
  extra,
  weight,
  from,
  to,
}: {
  tolerance: number
  base: number
  extra: number
  weight: number
  from: number
  to: number
}): Promoted {
  const found: Promoted = { rollouts: to - from, promoted: 0, needed: [] }
  const stable = { ...healthy, errors: base, slow: 0 }
  const traffic = { stable, canary: { ...stable, errors: base + extra } }
  const policy = { ...endless, steps: [weight], alpha: 1e-12, tolerance, minRequests: 1 }
  // Several times what a healthy canary needs: whoever is lucky has been by then.
  const limit = Math.ceil(600 / tolerance)
  for (let seed = from; seed < to; seed++) {
    const { observe, decided } = createVerdict(policy)
    const request = independent(seed + 1 + Math.round(1e6 * (base + extra)) + Math.round(1e9 * weight))
    let canary = 0
    while (canary < limit && decided() === undefined) {
      const event = request(traffic, weight)
      if (event.arm === 'canary') canary += 1
      observe(event)
    }
    if (decided() === 'promote') found.promoted += 1
    found.needed.push(decided() === 'promote' ? canary : Infinity)
  }
  return found
}
