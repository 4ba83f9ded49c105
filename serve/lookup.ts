import { readFileSync } from 'node:fs'
import { InputError } from '../pipeline/errors.ts'
import { keyLookup, readKeys } from './keys.ts'
import type { Lookup } from './principal.ts'
import type { ServerSettings } from './settings.ts'
import { watchFiles } from './watch.ts'

export type Authentication = { readonly lookup: Lookup; readonly stop: () => void }
type Settings = Pick<
  ServerSettings,
  'MERGELINE_API_KEYS_FILE' | 'MERGELINE_JWT_ISSUER' | 'MERGELINE_JWT_AUDIENCE' | 'MERGELINE_JWT_JWKS_URL'
>

/**
 * Makes what knows clients by their key or token, as the settings say. The file of keys is read again when it changes; one that cannot be read or understood
 * is told to `log`, and the keys known before stay. Throws InputError when nobody at all could be known, or the settings of tokens are not complete.
 */
export async function createLookup(settings: Settings, log: (message: string) => void): Promise<Authentication> {
  const { MERGELINE_API_KEYS_FILE: file } = settings
  const tokens = await tokensOf(settings, log)
  if (file === undefined) {
    if (tokens) return { lookup: ofToken(tokens, () => undefined), stop: () => {} }
    throw new InputError(
      'MERGELINE_API_KEYS_FILE is not set: it names a file with one SHA-256 of an API key per line (or set MERGELINE_JWT_ISSUER, _AUDIENCE and _JWKS_URL, to take tokens)',
    )
  }
  const keys = keysOf(file, log)
  return tokens ? { ...keys, lookup: ofToken(tokens, keys.lookup) } : keys
}

type Tokens = { readonly isToken: (credential: string) => boolean; readonly lookup: Lookup }

const ofToken =
  (tokens: Tokens, keys: Lookup): Lookup =>
  (credential) =>
    tokens.isToken(credential) ? tokens.lookup(credential) : keys(credential)

async function tokensOf(settings: Settings, log: (message: string) => void): Promise<Tokens | undefined> {
  const { MERGELINE_JWT_ISSUER: issuer, MERGELINE_JWT_AUDIENCE: audience, MERGELINE_JWT_JWKS_URL: url } = settings
  if (issuer === undefined && audience === undefined && url === undefined) return undefined
  if (issuer === undefined || audience === undefined || url === undefined)
    throw new InputError(
      'MERGELINE_JWT_ISSUER, MERGELINE_JWT_AUDIENCE and MERGELINE_JWT_JWKS_URL belong together: set all three, or none',
    )
  const { protocol, hostname } = URL.parse(url) ?? {}
  if (hostname === undefined) throw new InputError('MERGELINE_JWT_JWKS_URL is no URL')
  if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    throw new InputError(
      'MERGELINE_JWT_JWKS_URL must be https: who changes the keys on their way makes tokens of their own',
    )
  // Not loaded where nobody takes tokens.
  const [{ createKeySet }, { isToken, tokenLookup }] = await Promise.all([import('./jwks.ts'), import('./tokens.ts')])
  return { isToken, lookup: tokenLookup({ issuer, audience, keySet: createKeySet({ url, log }) }) }
}

function keysOf(file: string, log: (message: string) => void): Authentication {
  const keys = readKeys(file)
  if (keys.length === 0) throw new InputError(`${file}: no API key in it; write one SHA-256 in hex per line`)
  let find = keyLookup(keys)
  const stop = watchFiles(
    [file],
    () => {
      const changed = readKeys(file)
      // Somebody is writing it: nobody is locked out meanwhile. Who means it leaves a comment in it.
      if (changed.length === 0 && readFileSync(file, 'utf8').trim() === '')
        throw new InputError(`${file} is empty; to let nobody in, write a line that begins with #`)
      find = keyLookup(changed)
      log(`${file} changed: ${changed.length} API keys are known now`)
    },
    (error) => log(`${error.message}; the API keys known before stay`),
  )
  return { lookup: (credential) => find(credential), stop }
}
