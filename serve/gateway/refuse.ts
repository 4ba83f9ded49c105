import type { ServerResponse } from 'node:http'
import { problem, problemType } from '../problem.ts'

/** Answers with a problem, unless an answer has begun. */
export function refuse(outgoing: ServerResponse, status: number, detail: string, retryAfterSeconds?: number): void {
  if (outgoing.headersSent || outgoing.destroyed) return
  outgoing.writeHead(status, {
    'content-type': problemType,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  })
  outgoing.end(JSON.stringify(problem(status, detail)))
}
