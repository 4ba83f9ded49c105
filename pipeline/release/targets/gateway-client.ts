import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { InputError } from '../../errors.ts'
import type { Members } from '../../gateway-members.ts'
import { readJson, readText } from './files.ts'

export type GatewayStatus = Members & {
  readonly inFlight: { readonly [url: string]: number }
  /** Why events of this rollout cannot be written now. */
  readonly eventsFailing?: string
  /** How many of them will never be. */
  readonly eventsLost?: number
}
export type GatewayAddress = { readonly pid: number; readonly port: number; readonly controlPort: number }

const tries = 4
// Nobody listens, or who did ended with the question in its hands: to put the same members twice changes nothing.
const gone = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export const tokenFile = (state: string) => join(state, 'control-token')

/** Where the gateway of this folder said it listens; undefined before it did. */
export async function gatewayAddress(state: string): Promise<GatewayAddress | undefined> {
  return (await readJson(join(state, 'gateway.json'))) as GatewayAddress | undefined
}

export async function readMembers(state: string): Promise<GatewayStatus> {
  return (await control(state, 'GET')) as GatewayStatus
}

/** Why events of a rollout are lost or cannot be written, in one line; also where the gateway does not say. Null where all are there. */
export async function missingEvents(state: string, rollout: string): Promise<string | null> {
  const status = await readMembers(state).catch((error: Error) => error)
  if (status instanceof Error) return `the gateway does not say whether events are missing (${status.message})`
  const { eventsLost = 0, eventsFailing } = status
  // What it says is about the rollout that it routes; this one may not have begun.
  if (status.rollout !== rollout) return null
  if (eventsLost > 0)
    return `the gateway lost ${eventsLost} event${eventsLost === 1 ? '' : 's'}, which it could neither write nor keep${eventsFailing ? ` (${eventsFailing})` : ''}`
  return eventsFailing === undefined ? null : `the gateway cannot write events (${eventsFailing})`
}

/** In force for every request that comes after the answer. Where nobody listens it is tried again for about a second: the gateway may be on its way up. */
export async function putMembers(state: string, members: Members): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await control(state, 'PUT', members)
      return
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (!gone.has(code ?? '')) throw error
      if (attempt === tries)
        throw new InputError(`the gateway does not answer (${message}); run again, which starts it`, { cause: error })
      await sleep(2 ** attempt * 100 * (0.5 + Math.random()))
    }
  }
}

/** Says what is made of the trial so far, for who looks at the gateway. One of an older commit does not know of it, and nothing depends on it. */
export async function sayOfTrial(state: string, said: string): Promise<void> {
  await control(state, 'PUT', { said: said.slice(0, 1000) }, '/said').catch(() => {})
}

async function control(state: string, method: 'GET' | 'PUT', body?: object, path = '/members'): Promise<unknown> {
  const address = await gatewayAddress(state)
  if (!address)
    throw Object.assign(new Error(`it has not said where it listens: ${state}/gateway.json`), { code: 'ENOENT' })
  const answer = await request(`http://127.0.0.1:${address.controlPort}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${(await readText(tokenFile(state)))?.trim()}`,
      'content-type': 'application/json',
    },
    body: body ? JSON.stringify(body) : null,
    headersTimeout: 5000,
    bodyTimeout: 5000,
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200)
    throw new Error(`the gateway refused ${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`)
  return JSON.parse(text)
}
