import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { answered } from './attempt.ts'
import { requestHeaders } from './headers.ts'
import type { GatewayMetrics } from './metrics.ts'
import { reply } from './pass.ts'
import { createAsking } from './predict.ts'
import { predicts } from './predictions.ts'
import { refuse } from './refuse.ts'
import type { Switchboard } from './switchboard.ts'
import type { Waiting } from './waiting.ts'

const maxBodyBytes = 1024 * 1024

export type ProxyOptions = {
  readonly switchboard: Switchboard
  readonly metrics: GatewayMetrics
  readonly waiting: Waiting
  /** Requests in flight; one more is refused before its body is read. */
  readonly maxInFlight: number
  readonly stopping: () => boolean
}

export type Proxy = { readonly listener: RequestListener; readonly inFlight: () => number }

/**
 * Makes the public side: `GET /metrics` of the gateway itself; every other path goes to stable, and each prediction request to the arm that is drawn for it. What the canary does not
 * answer, or answers with 5xx, stable answers: the client sees one good answer, the event is booked on the first attempt. Refuses with 413 over 1 MiB, 502 when stable cannot be
 * reached twice, 503 when nothing is deployed or ready or too much is in flight, 504 when stable says nothing for 30 s, 408 for a body that does not come; each a problem.
 * A request is in flight once its body is here: who sends none takes no place of those who do.
 */
export function createProxy({ switchboard, metrics, waiting, maxInFlight, stopping }: ProxyOptions): Proxy {
  const { predict, toStable } = createAsking(switchboard, metrics)
  let inFlight = 0

  const listener: RequestListener = async (incoming, outgoing) => {
    if (stopping()) outgoing.setHeader('connection', 'close')
    try {
      await handle(incoming, outgoing)
    } catch (error) {
      refuse(outgoing, 500, `the gateway failed at this request: ${(error as Error).message}`)
    }
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (inFlight >= maxInFlight) return overloaded(outgoing)
    const body = await waiting.read(incoming, maxBodyBytes)
    if (body.bytes === undefined) {
      if (body.failed === 'aborted') return
      outgoing.setHeader('connection', 'close')
      if (body.failed === 'late') return refuse(outgoing, 408, 'the body of the request did not arrive in time', 1)
      return refuse(outgoing, 413, `the request has more than ${maxBodyBytes} bytes; send fewer records at once`)
    }
    if (inFlight >= maxInFlight) return overloaded(outgoing)
    inFlight += 1
    try {
      await answer(incoming, outgoing, body.bytes)
    } finally {
      inFlight -= 1
    }
  }

  /** Before anything of it was done: what an overload costs must be little. */
  function overloaded(outgoing: ServerResponse): void {
    metrics.refused('overload')
    refuse(outgoing, 503, 'too many requests at once', 1)
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming
    const path = url.startsWith('/') ? url : '/'
    if (method === 'GET' && path === '/metrics') return show(outgoing)
    const known = switchboard.known()
    if (known) await known
    // From here to the first attempt nothing waits: members, draw and sending belong to one moment.
    const scene = switchboard.hold()
    try {
      if (scene.stable === null) {
        metrics.refused('nothing deployed')
        return refuse(outgoing, 503, 'nothing is deployed here yet', 5)
      }
      const request = { method, path, headers: requestHeaders(incoming), body: body.length > 0 ? body : null }
      const outcome = predicts(method, path)
        ? await predict(scene, request, headers)
        : await toStable(scene, request, method === 'GET' || method === 'HEAD')
      if (!answered(outcome)) metrics.refused(outcome.why)
      reply(outgoing, outcome, method)
    } finally {
      switchboard.release(scene)
    }
  }

  async function show(outgoing: ServerResponse): Promise<void> {
    const text = await metrics.registry.metrics()
    outgoing.writeHead(200, { 'content-type': metrics.registry.contentType })
    outgoing.end(text)
  }

  return { listener, inFlight: () => inFlight }
}
