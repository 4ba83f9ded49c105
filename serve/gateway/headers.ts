import type { IncomingMessage } from 'node:http'
import type { Arm } from '../../pipeline/gateway-members.ts'
import { makeId } from '../audit/prediction-id.ts'

// RFC 9110, 7.6.1: they belong to one connection, not to the message. Length and host are set anew; `expect` was answered here.
const ofTheConnection = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
// What only the gateway tells a member.
const toMembers = 'x-mergeline-arm'
// For the verdict, not for clients.
const ofTheGateway = new Set(['x-mergeline-bin', 'x-mergeline-out-of-range'])

/**
 * The request headers to pass on, as name, value, name, value: repeated ones stay repeated, the client's address is added to x-forwarded-for, and a request without
 * an x-request-id is given one, so that the records of all attempts at it are known to belong together.
 */
export function requestHeaders(request: IncomingMessage): string[] {
  const { rawHeaders } = request
  const named = namedByConnection(request.headers.connection)
  let forwarded = ''
  const kept: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    const value = rawHeaders[index + 1] as string
    const lower = name.toLowerCase()
    if (lower === 'x-forwarded-for') forwarded += `${value}, `
    else if (!ofTheConnection.has(lower) && !named?.has(lower) && lower !== toMembers) kept.push(name, value)
  }
  kept.push('x-forwarded-for', forwarded + (request.socket.remoteAddress ?? 'unknown'))
  if (request.headers['x-request-id'] === undefined) kept.push('x-request-id', makeId())
  if (request.headers.host) kept.push('x-forwarded-host', request.headers.host)
  return kept
}

/** The same headers with the arm that is asked, for its audit log. */
export const headersFor = (headers: readonly string[], arm: Arm | 'shadow'): string[] => [...headers, toMembers, arm]

/** The response headers to pass on, as name, value, name, value: repeated ones stay repeated. */
export function responseHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): string[] {
  const named = namedByConnection(headers['connection'])
  const kept: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || ofTheConnection.has(name) || ofTheGateway.has(name) || named?.has(name)) continue
    if (typeof value === 'string') kept.push(name, value)
    else for (const one of value) kept.push(name, one)
  }
  return kept
}

/** The headers that a connection header names; undefined where it names none. */
function namedByConnection(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(
    String(connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
}
