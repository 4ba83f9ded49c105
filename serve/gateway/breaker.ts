export type Breaker = {
  /** Whether a request may be sent now. While it is half open, a yes is given to one request at a time. */
  ask(): boolean
  /** What became of a request that was sent: whether the member answered at all, with whatever status. */
  tell(answered: boolean): void
  /** Closes it: the member was seen to be back. */
  reset(): void
  readonly open: boolean
  /** Whether it is open and nobody may be tried now. */
  readonly shut: boolean
}

const failures = 5
const firstMs = 1_000
const longestMs = 30_000

/**
 * The circuit breaker of one member: after 5 requests in a row without an answer it is sent none for a second; then one at a time, until one is answered; the
 * pause doubles with each that is not, up to 30 s. An error status is an answer: a client's bad record must not cut off all others.
 * Source: M. Nygard, Release It! (2nd ed. 2018), "Circuit Breaker". `now` in ms.
 */
export function createBreaker(now: () => number = () => performance.now()): Breaker {
  let row = 0
  let pauseMs = firstMs
  let until = 0
  let trying = false

  const reset = () => {
    row = 0
    pauseMs = firstMs
    until = 0
    trying = false
  }

  return {
    ask() {
      if (until === 0) return true
      if (trying || now() < until) return false
      trying = true
      return true
    },
    tell(answered) {
      if (answered) return row > 0 || until > 0 ? reset() : undefined
      row += 1
      if (until > 0) {
        // Those that were on their way when it opened say nothing new.
        if (!trying) return
        pauseMs = Math.min(longestMs, pauseMs * 2)
      } else if (row < failures) return
      trying = false
      until = now() + pauseMs
    },
    reset,
    get open() {
      return until > 0
    },
    get shut() {
      return until > 0 && (trying || now() < until)
    },
  }
}
