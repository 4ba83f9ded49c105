import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

// Time for clients that are in the middle of it to learn, by `connection: close` on their next answer, that this connection ends.
const lingerMs = 500

/** Most turns of the event loop in which connections that wait are taken: a flood must not keep a server from ending. */
const mostTurns = 1_000

/**
 * Stops a server without breaking a request: it listens no more at once, answers on the connections that it has for a moment, then ends the idle ones,
 * and all of them after `withinMs`. (Server.close() of node:http ends idle connections at once, when a request may be on its way on them.)
 */
export async function drain(server: Server, withinMs: number, linger = lingerMs): Promise<void> {
  // What closes something does so in a turn's last phase, after the sockets were read: a request that lies in the kernel is seen first and not cut off.
  await acceptAll(server)
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  const limit = setTimeout(() => server.closeAllConnections(), withinMs)
  await Promise.race([closed, sleep(linger)])
  const idle = setInterval(() => setImmediate(() => server.closeIdleConnections()), 20)
  await turn()
  server.closeIdleConnections()
  await closed
  clearInterval(idle)
  clearTimeout(limit)
  // Its own clean-up: timers that look for stale connections.
  server.close(() => {})
}

/** Takes the connections that the kernel has accepted already, and would reset when nobody listens any more: libuv takes one in each turn. */
async function acceptAll(server: Server): Promise<void> {
  let came = true
  const see = () => {
    came = true
  }
  server.on('connection', see)
  for (let turns = 0; came && turns < mostTurns; turns += 1) {
    came = false
    await turn()
  }
  server.off('connection', see)
}
