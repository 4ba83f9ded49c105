import type { Server } from 'node:net'

/** How many connections have come in. */
export type Arrivals = { readonly now: () => number; readonly follow: (server: Pick<Server, 'on'>) => void }

/** Counts the connections of servers that it follows. */
export function createArrivals(): Arrivals {
  let count = 0
  return {
    now: () => count,
    follow(server) {
      server.on('connection', () => {
        count += 1
      })
    },
  }
}
