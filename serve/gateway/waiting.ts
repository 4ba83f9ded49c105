import type { IncomingMessage } from 'node:http'
import { type Body, readBody } from './body.ts'

export type WaitingLimits = {
  /** Time from a request's headers to the end of its body. */
  readonly bodyMs: number
  /** Requests whose body has not arrived yet. */
  readonly bodies: number
  /** What has arrived of all of them, in bytes. */
  readonly bytes: number
}

export type Waiting = {
  /** The body of a request, at most `limit` bytes of it. */
  read(request: IncomingMessage, limit: number): Promise<Body>
  close(): void
}

type One = { bytes: number; readonly until: number; giveUp: () => void }

/**
 * Reads bodies, and gives up on those that come too late: after `bodyMs`, and the oldest first when too many wait or hold too much memory.
 * A client that sends half a body and stops costs a connection for a moment, and takes nobody's place: whoever sends it whole is not the oldest for long.
 */
export function createWaiting(most: WaitingLimits): Waiting {
  // In the order in which they came, and so in which they are late: one look now and then costs less than a timer for each.
  const waiting = new Set<One>()
  let bytes = 0
  const look = setInterval(
    () => {
      const now = Date.now()
      for (const oldest of waiting) {
        if (oldest.until > now) return
        drop(oldest)
      }
    },
    Math.max(10, most.bodyMs / 20),
  )
  look.unref()

  function leave(one: One): void {
    if (waiting.delete(one)) bytes -= one.bytes
  }

  function drop(one: One): void {
    leave(one)
    one.giveUp()
  }

  function makeRoom(): void {
    for (const oldest of waiting) {
      if (waiting.size <= most.bodies && bytes <= most.bytes) return
      drop(oldest)
    }
  }

  return {
    read(request, limit) {
      const one: One = { bytes: 0, until: Date.now() + most.bodyMs, giveUp: () => {} }
      waiting.add(one)
      const keeps = (kept: number) => {
        if (!waiting.has(one)) return
        bytes += kept - one.bytes
        one.bytes = kept
        if (bytes > most.bytes) makeRoom()
      }
      const { body, giveUp } = readBody(request, limit, keeps, () => leave(one))
      one.giveUp = giveUp
      if (waiting.size > most.bodies) makeRoom()
      return body
    },
    close: () => clearInterval(look),
  }
}
