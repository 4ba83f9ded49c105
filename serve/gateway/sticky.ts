import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Members } from '../../pipeline/gateway-members.ts'

// 48 bits: as fine as the draws of those who are not known.
const digits = 12
const maxLength = 512

/** One client's place in a rollout. */
export type Place = {
  /** In [0, 1): on the canary where it is below the weight. Who is there stays there when the weight rises. */
  readonly draw: number
  /** An opaque name for the client, the same for the whole rollout and another in the next: 12 hex digits, the draw in other words. */
  readonly client: string
}

/**
 * Makes what finds a client's place by the header that the members name: HMAC-SHA-256 of rollout and value, under a key that nobody outside has, so that the
 * events tell who came back and not who it was, and no client can compute its arm. (One that may choose the value can try until it gets the arm it wants.) Undefined where no header is named or the request lacks it: it is drawn by itself.
 */
export function createSticky(key: string): (members: Members, headers: IncomingHttpHeaders) => Place | undefined {
  return ({ rollout, stickyHeader }, headers) => {
    if (stickyHeader === undefined || rollout === null) return undefined
    const value = headers[stickyHeader]
    if (typeof value !== 'string' || value === '' || value.length > maxLength) return undefined
    const client = createHmac('sha256', key).update(`${rollout}\0${value}`).digest('hex').slice(0, digits)
    return { draw: Number.parseInt(client, 16) / 2 ** (4 * digits), client }
  }
}
