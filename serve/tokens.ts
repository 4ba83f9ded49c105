import { createVerifier } from 'fast-jwt'
import type { IssuerKey, KeySet } from './jwks.ts'
import { type Principal, type Scope, scopes } from './principal.ts'
import { Refusal } from './problem.ts'

export type TokenOptions = { readonly issuer: string; readonly audience: string; readonly keySet: KeySet }

type Verify = (token: string) => { readonly [claim: string]: unknown }

// Clocks differ.
const toleranceMs = 10_000
// What was verified is not verified again until it expires: a signature costs as much as a prediction.
const remembered = 1000

/**
 * Makes the lookup of tokens (JWT; RFC 7519, 8725): signed by a key of the issuer, in an algorithm that the key is for, issued by and for whom the settings
 * say, not expired. Its scopes are the words of the claim `scope`; who asks is the claim `sub`. A token of nobody costs a look at its header.
 * Throws Refusal 503 where the issuer's keys cannot be had.
 */
export function tokenLookup({
  issuer,
  audience,
  keySet,
}: TokenOptions): (token: string) => Promise<Principal | undefined> {
  const verifiers = new WeakMap<IssuerKey, Verify>()

  function verifier(key: IssuerKey): Verify {
    const made = verifiers.get(key)
    if (made) return made
    const verify = createVerifier({
      key: key.pem,
      algorithms: [...key.algorithms],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: ['iss', 'aud', 'exp'],
      clockTolerance: toleranceMs,
      cache: remembered,
    })
    verifiers.set(key, verify)
    return verify
  }

  return async (token) => {
    const header = headerOf(token)
    if (!header) return undefined
    const key = await keySet.find(header.kid).catch(() => {
      throw new Refusal(503, 'the keys of the tokens’ issuer cannot be had now', { retryAfterSeconds: 5 })
    })
    if (!key || !(key.algorithms as readonly string[]).includes(header.alg)) return undefined
    try {
      return principalOf(verifier(key)(token))
    } catch {
      return undefined
    }
  }
}

/** Whether a credential looks like a token rather than an API key. */
export const isToken = (credential: string): boolean =>
  credential.startsWith('eyJ') && credential.split('.').length === 3

function headerOf(token: string): { readonly alg: string; readonly kid: string } | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'))
    const { alg, kid = '' } = header as { readonly alg?: unknown; readonly kid?: unknown }
    return typeof alg === 'string' && typeof kid === 'string' ? { alg, kid } : undefined
  } catch {
    return undefined
  }
}

function principalOf({ sub, scope }: { readonly [claim: string]: unknown }): Principal {
  const granted = typeof scope === 'string' ? scope.split(' ') : []
  const name = typeof sub === 'string' ? sub.slice(0, 100).replaceAll(/[^\w.@:|-]/g, '_') : 'unknown'
  return { id: `token:${name}`, scopes: scopes.filter((one: Scope) => granted.includes(one)) }
}
