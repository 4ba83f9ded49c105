import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault } from './faults.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A server on the loopback interface. A handler that throws answers 500, and `failed` hears of it; who hangs up while sending is no failure of ours. */
export async function listen(handle: Handler, failed: (request: string, error: unknown) => void) {
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (request.complete) failed(`${request.method} ${request.url}`, error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Lets a fault happen at its time; true where the call is over by it. */
export async function suffer(
  fault: Fault | undefined,
  when: 'before' | 'after',
  response: ServerResponse,
): Promise<boolean> {
  if (!fault || (fault.after ? 'after' : 'before') !== when) return false
  const { delayMs = 0, reset, status, retryAfter } = fault
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
  if (reset) response.destroy()
  else if (status !== undefined) {
    const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    const message = status === 429 || status === 403 ? 'You have exceeded a secondary rate limit' : 'Server Error'
    const body = JSON.stringify({ message, msg: message, documentation_url: 'https://docs.github.com/rest' })
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...wait }).end(body)
  }
  return Boolean(reset) || status !== undefined
}

/** The whole body of a request. */
export async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
