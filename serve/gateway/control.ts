import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { InputError } from '../../pipeline/errors.ts'
import { validate } from '../../pipeline/schema.ts'
import { readBody } from './body.ts'
import { checkMembers, saidSchema } from './members.ts'
import { refuse } from './refuse.ts'
import type { Switchboard } from './switchboard.ts'

const maxBodyBytes = 64 * 1024

/**
 * Makes the control side, for loopback only and behind the token: `GET /members`, `PUT /members`, `PUT /said`.
 * A change answers once it is in force, persisted, and all events before it are written; 422 names what is wrong in it, 500 says that it is in force and could not be persisted.
 */
export function createControl(
  switchboard: Switchboard,
  allowed: (token: string) => boolean,
  log: (line: string) => void,
): RequestListener {
  return async (incoming, outgoing) => {
    try {
      await handle(incoming, outgoing)
    } catch (error) {
      refuse(outgoing, 500, (error as Error).message)
    }
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming, maxBodyBytes).body
    const [scheme, token] = (incoming.headers.authorization ?? '').split(' ')
    if (scheme !== 'Bearer' || !allowed(token ?? ''))
      return refuse(outgoing, 401, 'send the token of the token file as Authorization: Bearer')
    if (body.bytes === undefined) return refuse(outgoing, 413, `more than ${maxBodyBytes} bytes`)
    const verb = `${incoming.method} ${incoming.url}`
    if (verb === 'GET /members') return send(outgoing, 200, switchboard.status())
    if (verb === 'PUT /members') return change(outgoing, body.bytes.toString('utf8'))
    if (verb === 'PUT /said') return say(outgoing, body.bytes.toString('utf8'))
    refuse(outgoing, 404, 'known here: GET /members, PUT /members, PUT /said')
  }

  function say(outgoing: ServerResponse, text: string): void {
    try {
      switchboard.say(validate(saidSchema, JSON.parse(text), 'said').said)
      send(outgoing, 200, {})
    } catch (error) {
      refuse(outgoing, 422, (error as Error).message)
    }
  }

  async function change(outgoing: ServerResponse, text: string): Promise<void> {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return refuse(outgoing, 400, 'the members are not JSON')
    }
    try {
      const members = checkMembers(value, 'members')
      if (!isDeepStrictEqual(members, switchboard.now().members)) log(`members: ${JSON.stringify(members)}`)
      await switchboard.change(members)
    } catch (error) {
      if (error instanceof InputError) return refuse(outgoing, 422, error.message)
      return refuse(
        outgoing,
        500,
        `the members are in force, but could not be written to members.json: ${(error as Error).message}; mend it and put them again`,
      )
    }
    send(outgoing, 200, switchboard.status())
  }
}

function send(outgoing: ServerResponse, status: number, value: unknown): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify(value))
}
