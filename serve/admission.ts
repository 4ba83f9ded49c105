import type { onRequestHookHandler } from 'fastify'
import type { Pace } from './pace.ts'
import { Refusal } from './problem.ts'

export type Admission = {
  /** A hook that takes a place for the request until its connection is done with it, or refuses it with 503 before its body is read. */
  readonly admit: onRequestHookHandler
  /** Prediction requests not yet answered. */
  readonly inFlight: () => number
}

// One for all: to make an error costs as much as the rest of a refusal.
const tooMany = new Refusal(503, 'too many requests at once', { retryAfterSeconds: 1 })

/** So few may always be held at once: what one request after a pause seems to take is no reason to refuse a handful. */
const handful = 8

export type AdmissionOptions = {
  readonly maxInFlight: number
  /** How long a request may have to wait for those before it, in ms, as `pace` has it. */
  readonly maxWaitMs: number
  readonly pace: Pick<Pace, 'perTurn'>
}

/** Makes the bounds on prediction requests held at once, by number and by how long the next one would wait: an overload must cost as little as it can, and who is admitted is answered in time. */
export function createAdmission({ maxInFlight, maxWaitMs, pace }: AdmissionOptions): Admission {
  let inFlight = 0
  const full = () => inFlight >= maxInFlight || (inFlight >= handful && inFlight * pace.perTurn() > maxWaitMs)
  const leave = () => {
    inFlight -= 1
  }
  return {
    inFlight: () => inFlight,
    admit(_request, reply, done) {
      if (full()) return done(tooMany)
      inFlight += 1
      reply.raw.once('close', leave)
      done()
    },
  }
}
