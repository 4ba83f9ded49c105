import type { Line } from './lines.ts'
import type { GatewayFacts } from './metrics.ts'
import type { Scene } from './switchboard.ts'

/** What the metrics tell of the members as they are now. */
export function factsOf({ members, stable, canary, book }: Scene, inFlight: number): GatewayFacts {
  return {
    weight: members.weight,
    inFlight,
    arms: { stable: factOf(stable), canary: factOf(canary) },
    eventsLost: book?.log.lost ?? 0,
    eventsPending: book?.log.pending ?? 0,
  }
}

const factOf = (line: Line | null) =>
  line && {
    digest: line.member.digest,
    ready: line.readiness.now === 'ready',
    open: line.breaker.open,
  }
