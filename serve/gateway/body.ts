import type { IncomingMessage } from 'node:http'

/** Read whole, or why not: larger than the limit, not here in time, or the client went away. */
export type Body =
  | { readonly bytes: Buffer }
  | { readonly bytes?: undefined; readonly failed: 'too large' | 'late' | 'aborted' }

// A client that is still sending often does not read: what it sends beyond the limit is thrown away, up to here, so that it sees its 413.
const maxDiscardedBytes = 16 * 1024 * 1024

/**
 * Reads a request's body into memory, because a retry needs it again; never keeps more than `limit` bytes, and nothing once `late` is aborted.
 * `keeps` is told how many bytes are kept, each time they change.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  late?: AbortSignal,
  keeps: (bytes: number) => void = () => {},
): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    late?.addEventListener('abort', () => {
      chunks.length = 0
      resolve({ failed: bytes > limit ? 'too large' : 'late' })
    })
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (late?.aborted) return
      if (bytes <= limit) chunks.push(chunk)
      else {
        chunks.length = 0
        if (bytes > maxDiscardedBytes) resolve({ failed: 'too large' })
      }
      keeps(bytes <= limit ? bytes : 0)
    })
    request.once('end', () => {
      if (late?.aborted) return
      resolve(bytes > limit ? { failed: 'too large' } : { bytes: Buffer.concat(chunks, bytes) })
    })
    request.once('error', () => resolve({ failed: 'aborted' }))
    request.once('close', () => resolve({ failed: 'aborted' }))
  })
}
