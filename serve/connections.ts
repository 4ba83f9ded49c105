import type { Server, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** The connections of servers: how many have come in, and those that are there. */
export type Connections = {
  readonly arrived: () => number
  /** What HTTP is spoken on. */
  readonly open: ReadonlySet<Socket>
  /** What the kernel gave: the same, but under TLS, where this is beneath it and may not have come so far. */
  readonly raw: ReadonlySet<Socket>
  /** Those beneath TLS that have not become secure. */
  readonly insecure: ReadonlySet<Socket>
  /** Has `see` called with each that comes to be spoken HTTP on, until the function that it returns is called. */
  readonly onOpen: (see: (socket: Socket) => void) => () => void
  readonly follow: (server: Server) => void
}

/** Keeps the connections of servers that it follows. */
export function createConnections(): Connections {
  let count = 0
  const raw = new Set<Socket>()
  const secure = new Set<Socket>()
  const insecure = new Set<Socket>()
  const byEnds = new Map<string, Socket>()
  let open = raw
  let see: (socket: Socket) => void = () => {}
  return {
    arrived: () => count,
    raw,
    insecure,
    get open() {
      return open
    },
    onOpen(own) {
      see = own
      return () => {
        see = () => {}
      }
    },
    follow(server) {
      if (server instanceof TlsServer) open = secure
      server.on('connection', (socket: Socket) => {
        count += 1
        keep(raw, socket)
        if (server instanceof TlsServer) awaitSecure(socket)
      })
      server.on('secureConnection', (socket: Socket) => {
        const beneath = byEnds.get(ends(socket))
        if (beneath) insecure.delete(beneath)
        keep(secure, socket)
      })
    },
  }

  /** What becomes secure is another object, of the same two ends. */
  function awaitSecure(socket: Socket): void {
    const own = ends(socket)
    byEnds.set(own, socket)
    insecure.add(socket)
    socket.once('close', () => {
      insecure.delete(socket)
      if (byEnds.get(own) === socket) byEnds.delete(own)
    })
  }

  function keep(among: Set<Socket>, socket: Socket): void {
    among.add(socket)
    socket.once('close', () => among.delete(socket))
    if (among === open) see(socket)
  }
}

const ends = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(' ')
