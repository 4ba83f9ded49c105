/** The process of the gateway. Exit code 0 stopped, 2 wrong settings or port taken, 1 anything else. */
import { join } from 'node:path'
import { InputError } from '../pipeline/errors.ts'
import { startGateway } from './gateway/gateway.ts'
import { readGatewayTls } from './gateway/tls.ts'
import { explainListen, gatewaySettings, readSettings } from './settings.ts'

async function main(): Promise<void> {
  const read = readSettings(gatewaySettings, process.env)
  const settings = {
    host: read.MERGELINE_GATEWAY_HOST,
    port: read.MERGELINE_GATEWAY_PORT,
    state: read.MERGELINE_GATEWAY_STATE,
    tokenFile: read.MERGELINE_GATEWAY_TOKEN_FILE ?? join(read.MERGELINE_GATEWAY_STATE, 'control-token'),
    maxInFlight: read.MERGELINE_GATEWAY_MAX_IN_FLIGHT,
    tls: readGatewayTls(read),
    log: (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`),
  }
  const gateway = await startGateway(settings).catch((error: unknown) => {
    throw explainListen(error, settings, 'MERGELINE_GATEWAY_PORT')
  })
  settings.log(`serving on ${settings.host}:${gateway.port}, control on 127.0.0.1:${gateway.controlPort}`)
  process.on('SIGTERM', gateway.stop)
  process.on('SIGINT', gateway.stop)
  await gateway.stopped
  process.exit(0)
}

main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof InputError ? 2 : 1)
})
