import { performance } from 'node:perf_hooks'
import type { Dispatcher, Pool } from 'undici'

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | null
}

/** What a member made of a request: an answer, read whole, or none. */
export type Outcome =
  | {
      readonly status: number
      readonly ms: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly body: Buffer
    }
  | {
      readonly status: 0
      readonly ms: number
      readonly why: 'timeout' | 'connection' | 'unasked'
      readonly message: string
    }

export type Answer = Exclude<Outcome, { readonly status: 0 }>

/** Whether a member answered at all. */
export const answered = (outcome: Outcome): outcome is Answer => outcome.status !== 0

/** The outcome where a member was not asked, because it is known not to answer. */
export const unasked: Outcome = { status: 0, ms: 0, why: 'unasked', message: 'the member is not ready' }

const maxAnswerBytes = 64 * 1024 * 1024
const nothing = Buffer.alloc(0)

/**
 * Sends a request to one member and reads its answer whole, within `timeoutMs`: an answer that breaks off half-way is none, and a retry is still possible.
 * `tell` hears whether it was answered, with whatever status. Never rejects. (undici's dispatch: its request() makes a stream and a promise of each answer, which costs half as much again as the rest of the way.)
 */
export function attempt(
  member: Pool,
  request: Request,
  timeoutMs: number,
  tell: (answered: boolean) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const started = performance.now()
    let controller: Dispatcher.DispatchController | undefined
    let status = 0
    let headers: Answer['headers'] = {}
    let chunks: Buffer[] | undefined
    let body: Buffer = nothing
    let bytes = 0
    let late = false

    const since = () => performance.now() - started
    let over = false
    const fail = (error: Error) => {
      if (over) return
      over = true
      clearTimeout(timer)
      tell(false)
      resolve({ status: 0, ms: since(), why: late ? 'timeout' : 'connection', message: error.message })
    }
    const timer = setTimeout(() => {
      late = true
      const error = new Error(`no answer within ${timeoutMs} ms`)
      // Before a connection is free for it, there is nothing to abort: it is when it begins.
      controller?.abort(error)
      fail(error)
    }, timeoutMs)
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        if (late) started.abort(new Error('too late to begin'))
      },
      onResponseStart(_controller, statusCode, given) {
        status = statusCode
        headers = given
      },
      onResponseData(started, chunk) {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) return started.abort(new Error(`the answer has more than ${maxAnswerBytes} bytes`))
        // Most answers come in one piece. It is copied only where there are more: undici gives away each piece for good.
        if (chunks) chunks.push(chunk)
        else if (body === nothing) body = chunk
        else chunks = [body, chunk]
      },
      onResponseEnd() {
        over = true
        clearTimeout(timer)
        tell(true)
        resolve({ status, ms: since(), headers, body: chunks ? Buffer.concat(chunks, bytes) : body })
      },
      onResponseError(_controller, error) {
        fail(error)
      },
    }
    try {
      member.dispatch(
        {
          method: request.method as Dispatcher.HttpMethod,
          path: request.path,
          headers: request.headers,
          body: request.body,
        },
        handler,
      )
    } catch (error) {
      fail(error as Error)
    }
  })
}
