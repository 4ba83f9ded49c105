import { InputError } from '../pipeline/errors.ts'
import { keyLookup, readKeys } from './keys.ts'
import type { Lookup } from './principal.ts'
import type { ServerSettings } from './settings.ts'
import { watchFiles } from './watch.ts'

export type Authentication = { readonly lookup: Lookup; readonly stop: () => void }

/**
 * Makes what knows clients by their key or token, as the settings say. The file of keys is read again when it changes; one that cannot be read or understood
 * is told to `log`, and the keys known before stay. Throws InputError when nobody at all could be known.
 */
export async function createLookup(
  settings: Pick<ServerSettings, `MERGELINE_API_KEYS_FILE` | (`MERGELINE_JWT_${string}` & keyof ServerSettings)>,
  log: (message: string) => void,
): Promise<Authentication> {
  const { MERGELINE_API_KEYS_FILE: file } = settings
  if (file === undefined)
    throw new InputError('MERGELINE_API_KEYS_FILE is not set: it names a file with one SHA-256 of an API key per line')
  return keysOf(file, log)
}

function keysOf(file: string, log: (message: string) => void): Authentication {
  const keys = readKeys(file)
  if (keys.length === 0) throw new InputError(`${file}: no API key in it; write one SHA-256 in hex per line`)
  let check = keyLookup(keys)
  const stop = watchFiles(
    [file],
    () => {
      const changed = readKeys(file)
      check = keyLookup(changed)
      log(`${file} changed: ${changed.length} API keys are known now`)
    },
    (error) => log(`${error.message}; the API keys known before stay`),
  )
  return { lookup: (credential) => check(credential), stop }
}
