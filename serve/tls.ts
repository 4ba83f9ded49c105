import { readFileSync } from 'node:fs'
import { createSecureContext, type Server as TlsServer } from 'node:tls'
import { InputError } from '../pipeline/errors.ts'
import type { ServerSettings } from './settings.ts'
import { watchFiles } from './watch.ts'

export type Tls = {
  /** Certificate and key as they are now, in PEM. */
  readonly options: { readonly cert: string; readonly key: string }
  /** Lets a server take new ones when the files change; what is wrong with them is told to `log`, and the ones before stay. Returns how to stop. */
  readonly follow: (server: TlsServer, log: (message: string) => void) => () => void
}

/**
 * Reads certificate and key as the settings say; undefined where they say nothing. Throws InputError when only one is set, when a file cannot be read, and
 * when the two do not belong together.
 */
export function readTls(
  settings: Pick<ServerSettings, 'MERGELINE_TLS_CERTIFICATE_FILE' | 'MERGELINE_TLS_KEY_FILE'>,
): Tls | undefined {
  const { MERGELINE_TLS_CERTIFICATE_FILE: certificate, MERGELINE_TLS_KEY_FILE: key } = settings
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined)
    throw new InputError(
      'MERGELINE_TLS_CERTIFICATE_FILE and MERGELINE_TLS_KEY_FILE belong together: set both, or neither',
    )
  return {
    options: readPair(certificate, key),
    follow: (server, log) =>
      watchFiles(
        [certificate, key],
        () => {
          server.setSecureContext(readPair(certificate, key))
          log(`${certificate} changed: new connections see the new certificate`)
        },
        (error) => log(`${error.message}; the certificate before stays`),
      ),
  }
}

function readPair(certificate: string, key: string): Tls['options'] {
  const options = { cert: read(certificate), key: read(key) }
  try {
    createSecureContext(options)
  } catch (cause) {
    throw new InputError(
      `${certificate} and ${key} are no certificate and its key in PEM (${(cause as Error).message}); both must be without a passphrase`,
      { cause },
    )
  }
  return options
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`${file} cannot be read (${(cause as Error).message})`, { cause })
  }
}
