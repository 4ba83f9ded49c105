import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { Refusal } from './problem.ts'

/** What a client may be allowed: to ask for predictions, to read about the model, to change what the server does. */
export const scopes = ['predict', 'read', 'control'] as const
export type Scope = (typeof scopes)[number]

/** Who asks: a name that may be logged, and what they may do. */
export type Principal = {
  readonly id: string
  readonly scopes: readonly Scope[]
  /** Whether, of the audit records, only its own are shown. */
  readonly ownRecords?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null on routes that are open to anybody. */
    principal: Principal | null
  }
}

/** Looks a credential up: the principal, or undefined where nobody is known by it. */
export type Lookup = (credential: string) => Principal | undefined | Promise<Principal | undefined>

// No token of ours is longer; Node's own limit for all headers is 16 KiB.
const maxCredential = 8 * 1024

/**
 * Makes the hook that lets only those through who have `scope`: `Authorization: Bearer <key or token>`, or Basic with the key as the password, for clients
 * that know nothing else. Refuses with 401 who is not known and with 403 who lacks the scope, before the body is read.
 */
export function needs(scope: Scope, lookup: Lookup): onRequestHookHandler {
  const admit = (request: FastifyRequest, principal: Principal | undefined): Refusal | undefined => {
    if (!principal) return new Refusal(401, 'no valid key or token; send Authorization: Bearer <API key>')
    if (!principal.scopes.includes(scope)) return new Refusal(403, `this key or token has no scope ${scope}`)
    request.principal = principal
    return undefined
  }
  return (request, _reply, done) => {
    const credential = credentialOf(request.headers.authorization)
    const found = credential === undefined ? undefined : lookup(credential)
    if (!(found instanceof Promise)) return done(admit(request, found))
    found.then((principal) => done(admit(request, principal)), done)
  }
}

function credentialOf(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxCredential) return undefined
  // As nearly everybody writes it.
  if (header.startsWith('Bearer ') && header.charCodeAt(7) !== 0x20) return header.slice(7) || undefined
  const [, scheme = '', value = ''] = /^(bearer|basic) +(.+)$/i.exec(header) ?? []
  if (value === '' || scheme.toLowerCase() === 'bearer') return value || undefined
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1) || undefined
}
