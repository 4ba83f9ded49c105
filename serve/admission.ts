import type { Pace } from './pace.ts'
import { Refusal } from './problem.ts'

export type Admission = {
  /** Whether there is no room. */
  readonly full: () => boolean
  /** Takes a place for records that are to be predicted, until the function that it returns is called; throws `tooMany` where there is no room. Who is slow to send, or to read, has none. */
  readonly enter: (records: number) => () => void
  /** Requests that are being predicted, or wait for it. */
  readonly inFlight: () => number
}

// One for all: to make an error costs as much as the rest of a refusal.
export const tooMany = new Refusal(503, 'too many requests at once', { retryAfterSeconds: 1 })

/** So few records may always be held at once: what one request after a pause seems to take is no reason to refuse a handful. */
const handful = 8

export type AdmissionOptions = {
  readonly maxInFlight: number
  /** How long a request may have to wait for those before it, in ms, as `pace` has it. */
  readonly maxWaitMs: number
  readonly pace: Pick<Pace, 'perTurn'>
}

/** Makes the bounds on predictions at once, by requests and by how long the next one would wait: an overload must cost as little as it can, and who is admitted is answered in time. */
export function createAdmission({ maxInFlight, maxWaitMs, pace }: AdmissionOptions): Admission {
  let requests = 0
  let records = 0
  const full = () => requests >= maxInFlight || (records >= handful && records * pace.perTurn() > maxWaitMs)
  return {
    inFlight: () => requests,
    full,
    enter(count) {
      if (full()) throw tooMany
      requests += 1
      records += count
      return () => {
        requests -= 1
        records -= count
      }
    },
  }
}
