import { performance } from 'node:perf_hooks'
import type { Dispatcher, Pool } from 'undici'

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | null
}

/** What a member made of a request: an answer, read whole, or none. `connected: false` when it refused or broke the connection before it answered. */
export type Outcome =
  | {
      readonly status: number
      readonly ms: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly body: Buffer
    }
  | { readonly status: 0; readonly ms: number; readonly why: 'timeout' | 'connection'; readonly message: string }

export type Answer = Exclude<Outcome, { readonly status: 0 }>

/** Whether a member answered at all. */
export const answered = (outcome: Outcome): outcome is Answer => outcome.status !== 0

const maxAnswerBytes = 64 * 1024 * 1024

/**
 * Sends a request to one member and reads its answer whole, within `timeoutMs`: an answer that breaks off half-way is none, and a retry is still possible.
 * Never throws.
 */
export async function attempt(member: Pool, request: Request, timeoutMs: number): Promise<Outcome> {
  const started = performance.now()
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const answer = await member.request({
      method: request.method as Dispatcher.HttpMethod,
      path: request.path,
      headers: request.headers,
      body: request.body,
      signal: abort.signal,
    })
    const body = await readAnswer(answer.body)
    return { status: answer.statusCode, ms: performance.now() - started, headers: answer.headers, body }
  } catch (error) {
    const why = abort.signal.aborted ? 'timeout' : 'connection'
    return { status: 0, ms: performance.now() - started, why, message: (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}

async function readAnswer(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}
