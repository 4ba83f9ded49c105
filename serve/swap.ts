import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** An app with the bundle that it serves. */
export type Served = {
  readonly app: FastifyInstance
  readonly bundle: { readonly digest: string; readonly dispose: () => void }
}

export type Swap = {
  /** What new requests are answered by. */
  readonly now: () => Served
  /** Has new requests answered by `next`, which must be ready; the one before goes once its last request is answered. */
  readonly to: (next: Served) => void
  /** Resolves when those that were replaced are gone. */
  readonly settled: () => Promise<void>
}

type Scene = { readonly served: Served; inFlight: number; over: boolean; readonly leave: () => void }

/**
 * Makes the port of `first` lead to whatever app is served now. A request meets one app, with one bundle, and stays with it to its end; connections stay
 * open across a swap. `first` keeps the port.
 */
export function createSwap(first: Served): Swap {
  const { server } = first.app
  const going = new Set<Promise<unknown>>()
  let current = sceneOf(first)

  function sceneOf(served: Served): Scene {
    const scene: Scene = {
      served,
      inFlight: 0,
      over: false,
      leave() {
        scene.inFlight -= 1
        if (scene.over && scene.inFlight === 0) retire(scene)
      },
    }
    return scene
  }

  function retire({ served }: Scene): void {
    served.bundle.dispose()
    // Closing it would close the port.
    if (served.app === first.app) return
    const gone = served.app.close().finally(() => going.delete(gone))
    going.add(gone)
  }

  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const scene = current
    scene.inFlight += 1
    response.once('close', scene.leave)
    scene.served.app.answer(request, response)
  })

  return {
    now: () => current.served,
    to(next) {
      const before = current
      current = sceneOf(next)
      before.over = true
      if (before.inFlight === 0) retire(before)
    },
    settled: async () => void (await Promise.all(going)),
  }
}
