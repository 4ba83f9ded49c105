import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Dispatcher, request } from 'undici'
import { type Address, addressOf } from './mlflow-address.ts'
import { notMlflow, refused, unreachable } from './mlflow-error.ts'

export type MlflowSettings = Address & {
  /** Instead of the network: for tests. */
  readonly dispatcher?: Dispatcher
  /** How to wait between attempts, in ms: for tests. */
  readonly pause?: (ms: number) => Promise<unknown>
}

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: { readonly [name: string]: string | number | undefined }
  /** Sent as JSON. */
  readonly json?: unknown
  /** Made anew for each attempt, since a stream can be read once. */
  readonly stream?: () => { readonly body: Dispatcher.DispatchOptions['body']; readonly bytes: number }
  /** Whether doing it twice is the same as once: then it is tried again when the outcome is unknown. GET, PUT and DELETE are, unless told. */
  readonly idempotent?: boolean
}

/** A connection to one MLflow server. Holds no readable credentials, so that it may be shown or logged. */
export type Mlflow = {
  /** Without credentials and without a slash at the end. */
  readonly uri: string
  /** Sends a call, again where that is safe, and returns the answer unread. Throws MlflowError. */
  readonly send: (call: Call) => Promise<Dispatcher.ResponseData>
  /** Takes the credentials out of what the server said. */
  readonly hide: (words: string) => string
}

const ATTEMPTS = 5
const CONNECT_MS = 5_000
/** SQLite behind a busy server may take seconds; an answer that takes longer is not coming. */
const ANSWER_MS = 60_000
/** Exponential backoff with full jitter: a random wait below 0.2 s, 0.4 s, 0.8 s … (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). */
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 10_000
/** The server's words are shown, not stored: more than this is never of help. It is far more than is shown, so that no credential is cut, and then not known again. */
const WORDS_BYTES = 64 * 1024

/** Connects to an MLflow server (nothing is sent yet). Throws InputError for a URI that is not http(s). */
export function createMlflow(settings: MlflowSettings): Mlflow {
  const { uri, authorization, hide } = addressOf(settings)
  const dispatcher = settings.dispatcher ?? new Agent({ connect: { timeout: CONNECT_MS }, pipelining: 1 })
  const pause = settings.pause ?? sleep
  const send = async (call: Call): Promise<Dispatcher.ResponseData> => {
    const asked = { method: call.method, path: call.path, uri, hide }
    const idempotent = call.idempotent ?? ['GET', 'PUT', 'DELETE'].includes(call.method)
    for (let attempt = 1; ; attempt++) {
      let answer: Dispatcher.ResponseData
      try {
        answer = await once(uri, call, authorization, dispatcher)
      } catch (error) {
        if (attempt === ATTEMPTS || !(idempotent || neverArrived(error))) throw unreachable(asked, error, attempt)
        await pause(waitBefore(attempt))
        continue
      }
      if (answer.statusCode < 300) return answer
      const words = await readSome(answer.body)
      const passing = [429, 502, 503, 504].includes(answer.statusCode)
      if (!passing || !idempotent || attempt === ATTEMPTS) throw refused(asked, answer.statusCode, words)
      await pause(Math.max(waitBefore(attempt), retryAfter(answer)))
    }
  }
  return { uri, send, hide }
}

/** Sends a call and decodes its JSON. `Answer` is MLflow's documented shape; fields that decide something are checked by the caller. */
export async function ask<Answer>(mlflow: Mlflow, call: Call): Promise<Answer> {
  const answer = await mlflow.send(call)
  const text = await answer.body.text()
  try {
    return JSON.parse(text) as Answer
  } catch {
    throw notMlflow(
      { method: call.method, path: call.path, uri: mlflow.uri, hide: mlflow.hide },
      answer.statusCode,
      text,
    )
  }
}

function once(uri: string, call: Call, authorization: string | undefined, dispatcher: Dispatcher) {
  const url = new URL(uri + call.path)
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value))
  const made = call.stream?.()
  return request(url, {
    method: call.method,
    dispatcher,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(made ? { 'content-type': 'application/octet-stream', 'content-length': String(made.bytes) } : {}),
    },
    body: made ? (made.body ?? null) : call.json === undefined ? null : JSON.stringify(call.json),
  })
}

/** The request was not sent, so any call may be tried again. */
function neverArrived(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ENOTFOUND' || code === 'EAI_AGAIN'
}

const waitBefore = (attempt: number) => Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))

function retryAfter(answer: Dispatcher.ResponseData): number {
  const seconds = Number(answer.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0
}

async function readSome(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of body) {
      parts.push(part as Buffer)
      bytes += (part as Buffer).length
      if (bytes >= WORDS_BYTES) break
    }
  } catch {
    // An answer cut off in the middle: its status is still the news.
  }
  return Buffer.concat(parts).toString('utf8').slice(0, WORDS_BYTES)
}
