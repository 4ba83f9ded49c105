import { once } from 'node:events'
import { connect } from 'node:tls'
import { execa } from 'execa'

/** Writes a certificate for localhost and its key, in place of what is there. */
export const makePair = (certificate: string, key: string) =>
  execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
  ])

/** The fingerprint of the certificate that a new connection sees. */
export async function seen(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}
