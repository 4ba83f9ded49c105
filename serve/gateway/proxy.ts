import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, answered, attempt, type Outcome, type Request } from './attempt.ts'
import { headersFor, requestHeaders, responseHeaders } from './headers.ts'
import type { Arm } from './members.ts'
import { refuse } from './refuse.ts'
import type { Hold, Switchboard } from './switchboard.ts'
import { createWaiting, type WaitingLimits } from './waiting.ts'

const maxBodyBytes = 1024 * 1024
const maxInFlight = 1024
const defaultTimeoutMs = 2000
// Longer than an arm on trial is given: where nobody else can answer, late is better than never.
const stableTimeoutMs = 30_000
const reconnectMs = 50

/**
 * Makes the public side: every path goes to stable, and each prediction request to the arm that is drawn for it. What the canary does not answer, or answers
 * with 5xx, stable answers: the client sees one good answer, the event is booked on the first attempt. Refuses with 413 over 1 MiB, 502 when stable cannot be
 * reached twice, 503 when nothing is deployed or too much is in flight, 504 when stable says nothing for 30 s, 408 for a body that does not come; each a problem.
 * A request is in flight once its body is here: who sends none takes no place of those who do.
 */
export function createProxy(
  switchboard: Switchboard,
  state: { readonly stopping: boolean },
  waiting: WaitingLimits,
): RequestListener {
  const readBody = createWaiting(waiting)
  let inFlight = 0

  return async (incoming, outgoing) => {
    if (state.stopping) outgoing.setHeader('connection', 'close')
    try {
      await handle(incoming, outgoing)
    } catch (error) {
      refuse(outgoing, 500, `the gateway failed at this request: ${(error as Error).message}`)
    }
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming, maxBodyBytes)
    if (body.bytes === undefined) {
      if (body.failed === 'aborted') return
      outgoing.setHeader('connection', 'close')
      if (body.failed === 'late') return refuse(outgoing, 408, 'the body of the request did not arrive in time', 1)
      return refuse(outgoing, 413, `the request has more than ${maxBodyBytes} bytes; send fewer records at once`)
    }
    if (inFlight >= maxInFlight) return refuse(outgoing, 503, 'too many requests at once', 1)
    inFlight += 1
    try {
      await answer(incoming, outgoing, body.bytes)
    } finally {
      inFlight -= 1
    }
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<void> {
    // From here to the first attempt nothing waits: members, draw and sending belong to one moment.
    const hold = switchboard.hold()
    try {
      if (hold.members.stable === null) return refuse(outgoing, 503, 'nothing is deployed here yet', 5)
      const { method = 'GET', url = '/' } = incoming
      const path = url.startsWith('/') ? url : '/'
      const request = {
        method,
        path,
        headers: requestHeaders(incoming),
        body: body.length > 0 ? body : null,
      }
      const predicts = method === 'POST' && path.split('?', 1)[0] === '/v1/predict'
      const outcome = predicts
        ? await predict(hold, request)
        : await toStable(hold, request, method === 'GET' || method === 'HEAD')
      if (answered(outcome)) pass(outgoing, outcome, method)
      else if (outcome.why === 'timeout') refuse(outgoing, 504, 'the server did not answer in time', 1)
      else refuse(outgoing, 502, 'the server cannot be reached', 1)
    } finally {
      hold.release()
    }
  }
}

/** One prediction request: first attempt, booked whatever the client does meanwhile, then what is needed for an answer. */
async function predict(hold: Hold, request: Request): Promise<Outcome> {
  const arm = hold.drawArm()
  const timeoutMs = hold.members.timeoutMs ?? defaultTimeoutMs
  const first = await ask(hold, arm, request, arm === 'canary' ? timeoutMs : stableTimeoutMs)
  book(hold, arm, first, timeoutMs)
  if (arm === 'canary' && (!answered(first) || first.status >= 500)) return toStable(hold, request, true)
  if (answered(first) || first.why === 'timeout') return first
  return again(hold, request)
}

const ask = (hold: Hold, arm: Arm, request: Request, timeoutMs: number) =>
  attempt(hold.pool(arm), { ...request, headers: headersFor(request.headers, arm) }, timeoutMs)

async function toStable(hold: Hold, request: Request, repeatable: boolean): Promise<Outcome> {
  const outcome = await ask(hold, 'stable', request, stableTimeoutMs)
  if (answered(outcome) || outcome.why === 'timeout' || !repeatable) return outcome
  return again(hold, request)
}

/** Once more, after 25 to 75 ms: long enough for a server that closes connections to be done with it, and not all at the same moment. */
async function again(hold: Hold, request: Request): Promise<Outcome> {
  await sleep(reconnectMs * (0.5 + Math.random()))
  return ask(hold, 'stable', request, stableTimeoutMs)
}

/** Both arms are measured alike: an answer after `timeoutMs` counts as none, though stable's is waited for and passed on. */
function book(hold: Hold, arm: Arm, outcome: Outcome, timeoutMs: number): void {
  const inTime = answered(outcome) && outcome.ms <= timeoutMs
  const told = inTime && outcome.status < 500 ? outcome.headers : {}
  const bin = Number(told['x-mergeline-bin'] ?? Number.NaN)
  hold.book({
    at: Date.now(),
    arm,
    weight: hold.members.canary === null ? 0 : hold.members.weight,
    status: inTime ? outcome.status : 0,
    ms: Math.round(Math.min(outcome.ms, timeoutMs) * 100) / 100,
    bin: Number.isInteger(bin) && bin >= 0 && bin <= 19 ? bin : null,
    out: told['x-mergeline-out-of-range'] === '1' ? 1 : 0,
  })
}

function pass(outgoing: ServerResponse, answer: Answer, method: string): void {
  const headers = responseHeaders(answer.headers)
  const bodiless = method === 'HEAD' || answer.status === 204 || answer.status === 304
  const length = bodiless ? answer.headers['content-length'] : String(answer.body.length)
  outgoing.writeHead(answer.status, length === undefined ? headers : { ...headers, 'content-length': length })
  outgoing.end(bodiless ? undefined : answer.body)
}
