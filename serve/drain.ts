import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Connections } from './connections.ts'

/** What a server that is drained knows of itself: its connections, and what has its answers say `connection: close`, called once nobody can connect any more. */
export type Drained = { readonly connections: Connections; readonly announce: () => void }

/**
 * Stops a server without breaking a request: it listens no more, answers what comes on the connections that it has, and ends those that are idle once nobody has asked
 * anything for `quietMs`; those that never became secure once nothing has come on them for as long; and all of them after `withinMs` from the start on. Nobody can end an idle connection of HTTP/1.1 safely, since a request may be on its way on it (RFC 9112, 9.5); who asks
 * at all has asked by then, and was told. (Server.close() of node:http ends idle ones at once, and closeIdleConnections() also those whose answer has not left yet.)
 */
export async function drain(server: Server, withinMs: number, quietMs = 2_000, drained?: Drained): Promise<void> {
  const { connections, announce = () => {} } = drained ?? {}
  const resume = connections ? hold(connections) : () => {}
  const start = performance.now()
  await acceptAll(server, Math.min(mostMs, withinMs))
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  announce()
  resume()

  let last = performance.now()
  server.on('request', () => {
    last = performance.now()
  })
  const endIdle = connections ? idleEnder(connections) : () => server.closeIdleConnections()
  const endSilent = silentEnder(connections?.insecure ?? new Set(), quietMs)
  const looks = setInterval(() => {
    // What closes something does so in a turn's last phase, after the sockets were read: a request that lies in the kernel is seen first.
    if (performance.now() - last >= quietMs) setImmediate(endIdle)
    setImmediate(endSilent)
  }, 20)
  const limit = setTimeout(
    () => {
      server.closeAllConnections()
      for (const socket of connections?.raw ?? []) socket.destroy()
    },
    withinMs - (performance.now() - start),
  )

  await closed
  clearInterval(looks)
  clearTimeout(limit)
  // Its own clean-up: timers that look for stale connections.
  server.close(() => {})
}

/** Makes what ends the connections on which there is no request, and nothing has come since it was called last. */
function idleEnder({ open }: Connections): () => void {
  let seen = new Map<Socket, number>()
  return () => {
    const before = seen
    seen = new Map()
    for (const socket of open) {
      const { bytesRead } = socket
      if (isBusy(socket) || before.get(socket) !== bytesRead) seen.set(socket, bytesRead)
      else socket.destroy()
    }
  }
}

/** Makes what ends the connections on which nothing has come for `quietMs`, as far as it was called. */
function silentEnder(sockets: ReadonlySet<Socket>, quietMs: number): () => void {
  const seen = new WeakMap<Socket, { readonly bytesRead: number; readonly since: number }>()
  return () => {
    const now = performance.now()
    for (const socket of sockets) {
      const { bytesRead } = socket
      const last = seen.get(socket)
      if (last?.bytesRead !== bytesRead) seen.set(socket, { bytesRead, since: now })
      else if (now - last.since >= quietMs) socket.destroy()
    }
  }
}

/** Whether a request was taken whose answer the kernel does not have to its end. */
const isBusy = (socket: Socket): boolean =>
  socket.writableLength > 0 || Boolean((socket as { readonly _httpMessage?: object | null })._httpMessage)

/** Reads nothing from any connection until the function that it returns is called: what is sent meanwhile waits in the kernel. */
function hold({ open, onOpen }: Connections): () => void {
  for (const socket of open) socket.pause()
  // Node begins to read from a new one a tick after it tells of it.
  const off = onOpen((socket) => process.nextTick(() => socket.pause()))
  return () => {
    off()
    for (const socket of open) socket.resume()
  }
}

/** A turn of the event loop that takes longer did more than look whether somebody connects. */
const quickMs = 0.5

/** How long nobody should have come; where they never stop, one turn without anybody does after a while; and nothing keeps a server from ending for longer than that. */
const [calmMs, patienceMs, mostMs] = [30, 200, 1_000]

/**
 * Takes the connections that the kernel has accepted already, and would reset when nobody listens any more: libuv takes one in each turn. Resolves right after a turn
 * in which nobody came and nothing else was done, since who connects between that look and the close is reset. Clients that wait for answers, which nobody gets now,
 * have come by then.
 */
async function acceptAll(server: Server, mostMs: number): Promise<void> {
  const start = performance.now()
  let last = start
  const see = () => {
    last = performance.now()
  }
  server.on('connection', see)
  for (;;) {
    // Who is in the middle of connecting may need this very processor, and who has just slept is the last to be interrupted.
    await sleep(1)
    const began = performance.now()
    await turn()
    const now = performance.now()
    const quiet = last < began && now - began < quickMs
    if (now - start >= mostMs || (quiet && (now - last >= calmMs || now - start >= patienceMs))) break
  }
  server.off('connection', see)
}
