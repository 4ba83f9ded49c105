import { Type } from 'typebox'
import { InputError } from '../../errors.ts'
import { oneLine } from '../../report/escape.ts'
import { validate } from '../../schema.ts'
import type { Account } from './account.ts'
import { isLoopback } from './name.ts'

const answerSchema = Type.Object({
  token: Type.Optional(Type.String({ minLength: 1 })),
  access_token: Type.Optional(Type.String({ minLength: 1 })),
})

/**
 * The authorization that a registry's `WWW-Authenticate` asks for: Basic (RFC 7617), or Bearer with a token of the server that it names, for `scope`
 * (distribution.github.io/distribution/spec/auth/token and …/oauth). Null when an account is needed and there is none. Throws InputError when the token
 * server refuses, or is not to be trusted with a password; fetch's own errors when it cannot be reached.
 */
export async function authorize(
  challenge: string,
  scope: string,
  { registry, account }: { readonly registry: string; readonly account: Account | null },
): Promise<string | null> {
  if (/^basic\b/i.test(challenge))
    return account && 'username' in account ? `Basic ${basic(account.username, account.password)}` : null
  const { realm, service } = bearer(challenge)
  if (realm === undefined) return null
  const url = tokenServer(realm, registry)
  const asked = new URLSearchParams({ ...(service === undefined ? {} : { service }), scope })
  const signal = AbortSignal.timeout(30_000)
  const answer =
    account && 'refreshToken' in account
      ? await fetch(url, { method: 'POST', body: refreshForm(asked, account.refreshToken), signal, redirect: 'error' })
      : await fetch(withQuery(url, asked), {
          headers: account ? { authorization: `Basic ${basic(account.username, account.password)}` } : {},
          signal,
          redirect: 'error',
        })
  if (answer.status === 429 || answer.status >= 500) throw new Error(`${url.host} answers with ${answer.status}`)
  if (answer.status === 401 || answer.status === 403) return null
  if (!answer.ok) throw new InputError(`${url.host}: gives no token for ${registry} (${answer.status}); log in again`)
  let told: { readonly token?: string; readonly access_token?: string }
  try {
    told = validate(answerSchema, await answer.json(), url.host)
  } catch {
    throw new InputError(`${url.host}: answered with something else than a token for ${registry}`)
  }
  const token = told.token ?? told.access_token
  return token === undefined ? null : `Bearer ${token}`
}

const basic = (username: string, password: string) => Buffer.from(`${username}:${password}`).toString('base64')

/** `Bearer realm="…",service="…"` → its values (RFC 9110, 11.6.1). */
function bearer(challenge: string): { readonly realm?: string; readonly service?: string } {
  if (!/^bearer\s/i.test(challenge)) return {}
  return Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  )
}

/** A password goes to whom the registry names, so over TLS only, or within this machine. */
function tokenServer(realm: string, registry: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : null
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.host) && isLoopback(registry))
  if (url === null || !safe || url.username !== '')
    throw new InputError(
      `${registry}: wants the password sent to ${JSON.stringify(oneLine(realm, 80))}, which is no https address`,
    )
  return url
}

function withQuery(url: URL, asked: URLSearchParams): URL {
  const full = new URL(url)
  for (const [name, value] of asked) full.searchParams.set(name, value)
  return full
}

const refreshForm = (asked: URLSearchParams, token: string) =>
  new URLSearchParams([...asked, ['grant_type', 'refresh_token'], ['client_id', 'mergeline'], ['refresh_token', token]])
