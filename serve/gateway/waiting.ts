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

/**
 * Reads bodies, and gives up on those that come too late: after `bodyMs`, and the oldest first when too many wait or hold too much memory.
 * A client that sends half a body and stops costs a connection for a moment, and takes nobody's place: whoever sends it whole is not the oldest for long.
 */
export function createWaiting(most: WaitingLimits): (request: IncomingMessage, limit: number) => Promise<Body> {
  // In the order in which they came.
  const waiting = new Map<AbortController, number>()
  let bytes = 0

  function leave(one: AbortController): void {
    bytes -= waiting.get(one) ?? 0
    waiting.delete(one)
  }

  function makeRoom(): void {
    for (const oldest of waiting.keys()) {
      if (waiting.size <= most.bodies && bytes <= most.bytes) return
      leave(oldest)
      oldest.abort()
    }
  }

  return async (request, limit) => {
    const one = new AbortController()
    const timer = setTimeout(() => one.abort(), most.bodyMs)
    waiting.set(one, 0)
    makeRoom()
    try {
      return await readBody(request, limit, one.signal, (kept) => {
        if (!waiting.has(one)) return
        bytes += kept - (waiting.get(one) ?? 0)
        waiting.set(one, kept)
        makeRoom()
      })
    } finally {
      clearTimeout(timer)
      leave(one)
    }
  }
}
