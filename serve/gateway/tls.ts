import type { Static } from 'typebox'
import { InputError } from '../../pipeline/errors.ts'
import type { gatewaySettings } from '../settings.ts'
import { readTls, type Tls } from '../tls.ts'

/** Certificate and key of the public side, as the settings say; undefined where they say nothing. Throws InputError as `readTls` does. */
export function readGatewayTls(settings: Static<typeof gatewaySettings>): Tls | undefined {
  const { MERGELINE_GATEWAY_TLS_CERTIFICATE_FILE: certificate, MERGELINE_GATEWAY_TLS_KEY_FILE: key } = settings
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined)
    throw new InputError(
      'MERGELINE_GATEWAY_TLS_CERTIFICATE_FILE and MERGELINE_GATEWAY_TLS_KEY_FILE belong together: set both, or neither',
    )
  return readTls({ MERGELINE_TLS_CERTIFICATE_FILE: certificate, MERGELINE_TLS_KEY_FILE: key })
}
