import type { IncomingMessage } from 'node:http'

/** Read whole, or why not: larger than the limit, not here in time, or the client went away. */
export type Body =
  | { readonly bytes: Buffer }
  | { readonly bytes?: undefined; readonly failed: 'too large' | 'late' | 'aborted' }

/** A body on its way. */
export type Reading = {
  readonly body: Promise<Body>
  /** Gives up on it: it is late, and nothing of it is kept. */
  readonly giveUp: () => void
}

// A client that is still sending often does not read: what it sends beyond the limit is thrown away, up to here, so that it sees its 413.
const maxDiscardedBytes = 16 * 1024 * 1024
const nothing = Buffer.alloc(0)

/**
 * Reads a request's body into memory, because a retry needs it again; never keeps more than `limit` bytes. `keeps` is told how many bytes are kept, each time they change; `over` hears that nothing more will come of it.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  keeps: (bytes: number) => void = () => {},
  over: () => void = () => {},
): Reading {
  const { promise, resolve: settle } = Promise.withResolvers<Body>()
  const resolve = (body: Body) => {
    over()
    settle(body)
  }
  let chunks: Buffer[] = []
  let bytes = 0
  let late = false
  const aborted = () => resolve({ failed: 'aborted' })
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (late) return
    if (bytes <= limit) chunks.push(chunk)
    else {
      chunks = []
      if (bytes > maxDiscardedBytes) resolve({ failed: 'too large' })
    }
    keeps(bytes <= limit ? bytes : 0)
  })
  request.on('end', () => {
    if (late) return
    if (bytes > limit) resolve({ failed: 'too large' })
    else resolve({ bytes: chunks.length > 1 ? Buffer.concat(chunks, bytes) : (chunks[0] ?? nothing) })
  })
  // A connection that breaks ends in this, too.
  request.on('close', aborted)
  return {
    body: promise,
    giveUp() {
      late = true
      chunks = []
      resolve({ failed: bytes > limit ? 'too large' : 'late' })
    },
  }
}
