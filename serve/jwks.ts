import { createPublicKey, type JsonWebKey } from 'node:crypto'

/** A public key of an issuer: in PEM, and the algorithms that it verifies. */
export type IssuerKey = { readonly pem: string; readonly algorithms: readonly Algorithm[] }

const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const curves = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA', Ed448: 'EdDSA' } as const
/** What a token may be signed with: by public keys alone. A shared secret, or none, is no signature of the issuer. */
export type Algorithm = (typeof rsa)[number] | (typeof curves)[keyof typeof curves]

export type KeySet = {
  /** The key of that `kid` ('' for a key without one), fetched where it is not known yet. Throws when the issuer's keys cannot be had. */
  find(kid: string): Promise<IssuerKey | undefined>
}

export type KeySetOptions = {
  readonly url: string
  readonly log: (message: string) => void
  readonly now?: () => number
  readonly timeoutMs?: number
}

// As long as identity providers ask to keep old and new keys side by side when they change them.
const freshMs = 10 * 60_000
// A name that is not known may be a new key, or anybody's invention: the second must not make this server ask the issuer without end.
const betweenMs = 30_000
const afterFailureMs = 5_000
const keptMs = 24 * 60 * 60_000

/**
 * Keeps the public keys that an issuer publishes (JWKS; RFC 7517). They are fetched when a token first needs them, again every ten minutes, beside the
 * requests, and at most once in 30 s for a key that is not known. While the issuer is out of reach those that are known stay for a day.
 */
export function createKeySet({ url, log, now = Date.now, timeoutMs = 5_000 }: KeySetOptions): KeySet {
  let known: ReadonlyMap<string, IssuerKey> = new Map()
  let had = Number.NEGATIVE_INFINITY
  let tried = Number.NEGATIVE_INFINITY
  let failed = false
  let fetching: Promise<void> | undefined

  async function load(): Promise<void> {
    tried = now()
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
      if (!response.ok) throw new Error(`it answers ${response.status}`)
      known = readKeySet(await response.json())
      had = now()
      failed = false
    } catch (error) {
      failed = true
      log(`the issuer's keys cannot be fetched from ${url}: ${reason(error)}; those known before stay`)
    }
  }

  function refresh(): Promise<void> {
    fetching ??= load().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  const mayAsk = () => fetching !== undefined || now() - tried >= (failed ? afterFailureMs : betweenMs)

  return {
    async find(kid) {
      if (now() - had > keptMs) {
        known = new Map()
        if (mayAsk()) await refresh()
        if (now() - had > keptMs) throw new Error('no keys')
      } else if (!known.has(kid) && mayAsk()) await refresh()
      else if (now() - had > freshMs && mayAsk()) void refresh()
      return known.get(kid)
    },
  }
}

function readKeySet(value: unknown): ReadonlyMap<string, IssuerKey> {
  const { keys } = (value ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('its answer has no keys')
  const read = new Map<string, IssuerKey>()
  for (const jwk of keys.slice(0, 100) as (JsonWebKey & { kid?: unknown; use?: unknown })[]) {
    const key = jwk?.use === 'enc' ? undefined : readKey(jwk)
    if (key) read.set(typeof jwk.kid === 'string' ? jwk.kid : '', key)
  }
  if (read.size === 0) throw new Error('none of its keys verifies a signature')
  return read
}

function readKey(jwk: JsonWebKey): IssuerKey | undefined {
  const possible: readonly Algorithm[] =
    jwk?.kty === 'RSA' ? rsa : Object.hasOwn(curves, String(jwk?.crv)) ? [curves[jwk.crv as keyof typeof curves]] : []
  const algorithms = possible.filter((algorithm) => jwk['alg'] === undefined || jwk['alg'] === algorithm)
  if (algorithms.length === 0) return undefined
  try {
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    return { pem: String(pem), algorithms }
  } catch {
    return undefined
  }
}

function reason(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
