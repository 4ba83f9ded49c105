import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

// Time for clients that are in the middle of it to learn, by `connection: close` on their next answer, that this connection ends.
const lingerMs = 100

/**
 * Stops a server without breaking a request: it listens no more at once, answers on the connections that it has for a moment, then ends the idle ones,
 * and all of them after `withinMs`. (Server.close() of node:http ends idle connections at once, when a request may be on its way on them.)
 */
export async function drain(server: Server, withinMs: number, linger = lingerMs): Promise<void> {
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const limit = setTimeout(() => server.closeAllConnections(), withinMs)
  await Promise.race([closed, sleep(linger)])
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  server.closeIdleConnections()
  await closed
  clearInterval(idle)
  clearTimeout(limit)
  // Its own clean-up: timers that look for stale connections.
  server.close(() => {})
}
