import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Admission } from './admission.ts'
import { predictionRoute } from './prediction-route.ts'
import { problem, problemType, type Refusal } from './problem.ts'

export type TurnAwayOptions = Pick<Admission, 'full'> & {
  readonly refusal: Refusal
  /** What every answer of the app carries. */
  readonly headers: { readonly [name: string]: string }
  readonly draining: () => boolean
  /** Called for each that is turned away, with the pattern of its route. */
  readonly away: (route: string, status: number) => void
}

/**
 * Makes what answers a prediction request while there is no room, before anything is done for it, and says whether it did: no key is looked up, no body read, no record
 * of its own written. Where ten ask for each that can be answered, what it costs to say no decides how many are answered: a sixth of what the app takes for it (measured).
 */
export function createTurnAway({ full, refusal, headers, draining, away }: TurnAwayOptions) {
  const made = problem(refusal.statusCode, refusal.message)
  const prepare = (body: string) => {
    const lasting = {
      ...headers,
      'retry-after': String(refusal.retryAfterSeconds ?? 1),
      'content-type': problemType,
      'content-length': String(Buffer.byteLength(body)),
    }
    const head = Object.entries(lasting).flat()
    return { body, head, last: [...head, 'connection', 'close'] }
  }
  const plain = prepare(JSON.stringify(made))
  // Clients of the Open Inference Protocol look for a word of their own.
  const inference = prepare(JSON.stringify({ ...made, error: made.detail }))

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (!full() || request.method !== 'POST') return false
    const route = predictionRoute(request.url ?? '')
    if (route === undefined) return false
    const { body, head, last } = route.startsWith('/v2') ? inference : plain
    response.writeHead(refusal.statusCode, draining() ? last : head).end(body, 'latin1')
    away(route, refusal.statusCode)
    return true
  }
}
