import type { RolloutEvent } from './event.ts'

type Arm = RolloutEvent['arm']
export const badTests = ['errors', 'slow', 'outOfRange', 'refused'] as const
export type BadTest = (typeof badTests)[number]
type AtWeight = {
  /** Everybody who was seen at this weight, and on which arm. */
  readonly arms: Map<string, Arm>
  /** How many of them had nothing bad yet, by test and arm. */
  readonly atRisk: { readonly [test in BadTest]: { [arm in Arm]: number } }
}

const none = () => ({ stable: 0, canary: 0 })

/** Who came back, where one draw decides for all requests of a client. */
export type Sticky = {
  /** A request of a client. `both`: an earlier one at this weight went to the other arm, which no draw explains; `first`: never seen before in this rollout. */
  readonly see: (client: string, arm: Arm, weight: number) => { readonly both: boolean; readonly first: boolean }
  /** The canary's share, 0 to 1, of those who could have had their first bad request of this kind now; null where this client had one before. */
  readonly shareAtRisk: (test: BadTest, client: string, weight: number) => number | null
}

/**
 * Counts each client once per test: at the first bad request, with the canary's share of the clients at risk in the place of the weight. If the canary is no worse, the next to have one is the
 * canary's with at most that probability, whoever had one before and however often each asks: the log-rank test (Mantel 1966), sequentially as in Grünwald, Ly,
 * Pérez-Ortiz & ter Schure 2021, "The safe logrank test". Counting each request instead would falsely roll back 10 to 87 % of rollouts.
 */
export function openSticky(): Sticky {
  const weights = new Map<number, AtWeight>()
  const known = new Set<string>()
  const counted: { readonly [test in BadTest]: Set<string> } = {
    errors: new Set(),
    slow: new Set(),
    outOfRange: new Set(),
    refused: new Set(),
  }
  const at = (weight: number): AtWeight => {
    const found = weights.get(weight)
    if (found) return found
    const fresh = { arms: new Map(), atRisk: { errors: none(), slow: none(), outOfRange: none(), refused: none() } }
    weights.set(weight, fresh)
    return fresh
  }

  return {
    see(client, arm, weight) {
      const { arms, atRisk } = at(weight)
      const before = arms.get(client)
      const first = !known.has(client)
      known.add(client)
      if (before !== undefined) return { both: before !== arm, first }
      arms.set(client, arm)
      for (const test of badTests) if (!counted[test].has(client)) atRisk[test][arm] += 1
      return { both: false, first }
    },
    shareAtRisk(test, client, weight) {
      if (counted[test].has(client)) return null
      const { stable, canary } = at(weight).atRisk[test]
      counted[test].add(client)
      for (const { arms, atRisk } of weights.values()) {
        const arm = arms.get(client)
        if (arm !== undefined) atRisk[test][arm] -= 1
      }
      return canary / (stable + canary)
    },
  }
}
