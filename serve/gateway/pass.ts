import type { ServerResponse } from 'node:http'
import { type Answer, answered, type Outcome } from './attempt.ts'
import { responseHeaders } from './headers.ts'
import { refuse } from './refuse.ts'

const maxTextBytes = 16 * 1024

/** Gives the client what became of its request: the answer, or a problem that says why there is none. */
export function reply(outgoing: ServerResponse, outcome: Outcome, method: string): void {
  if (answered(outcome)) pass(outgoing, outcome, method)
  else if (outcome.why === 'timeout') refuse(outgoing, 504, 'the server did not answer in time', 1)
  else if (outcome.why === 'unasked') refuse(outgoing, 503, 'the server is not ready', 1)
  else refuse(outgoing, 502, 'the server cannot be reached', 1)
}

function pass(outgoing: ServerResponse, answer: Answer, method: string): void {
  const headers = responseHeaders(answer.headers)
  const bodiless = method === 'HEAD' || answer.status === 204 || answer.status === 304
  const length = bodiless ? answer.headers['content-length'] : String(answer.body.length)
  if (length !== undefined) headers.push('content-length', String(length))
  if (outgoing.hasHeader('connection')) headers.push('connection', 'close')
  outgoing.writeHead(answer.status, headers)
  // As text of one byte a character, which is what it was: Node then sends head and body in one piece, which is half the price.
  if (bodiless) outgoing.end()
  else if (answer.body.length <= maxTextBytes) outgoing.end(answer.body.toString('latin1'), 'latin1')
  else outgoing.end(answer.body)
}
