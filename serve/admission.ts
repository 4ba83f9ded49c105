import type { onRequestHookHandler } from 'fastify'
import { Refusal } from './problem.ts'

export type Admission = {
  /** A hook that takes a place for the request until its connection is done with it, or refuses it with 503 before its body is read. */
  readonly admit: onRequestHookHandler
  /** Prediction requests not yet answered. */
  readonly inFlight: () => number
}

/** Makes the bound on prediction requests held at once: an overload must cost as little as it can. */
export function createAdmission(maxInFlight: number): Admission {
  let inFlight = 0
  const leave = () => {
    inFlight -= 1
  }
  return {
    inFlight: () => inFlight,
    admit(_request, reply, done) {
      if (inFlight >= maxInFlight) return done(new Refusal(503, 'too many requests at once', { retryAfterSeconds: 1 }))
      inFlight += 1
      reply.raw.once('close', leave)
      done()
    },
  }
}
