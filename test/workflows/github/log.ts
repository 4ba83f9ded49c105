import type { IncomingMessage, ServerResponse } from 'node:http'
import { nameOf, type Who } from './credentials.ts'
import type { Logged } from './state.ts'
import type { World } from './world.ts'

type Seen = { readonly service: string; readonly operation: string; readonly who: Who; readonly body?: unknown }

/** Writes a request into the log as it arrives; its status follows with the answer, 0 where there was none. Signatures of links stay out. */
export function logRequest({ state }: World, request: IncomingMessage, response: ServerResponse, seen: Seen): void {
  const { service, operation, who, body } = seen
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  const query = Object.fromEntries([...searchParams].filter(([name]) => name !== 'sig'))
  const shown = Buffer.isBuffer(body) ? `${body.length} bytes` : body
  const entry: Logged = {
    ...{ service, method: request.method ?? '', path: pathname, operation, who: nameOf(who), query },
    ...(shown === undefined ? {} : { body: shown }),
    status: 0,
  }
  state.requests.push(entry)
  response.on('close', () => {
    entry.status = response.writableEnded ? response.statusCode : 0
  })
}
