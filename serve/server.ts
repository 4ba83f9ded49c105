/** The process of one server: a bundle, a port. Exit code 0 stopped, 1 the bundle does not predict as it should, 2 wrong settings or port taken. */
import type { Server as TlsServer } from 'node:tls'
import { InputError } from '../pipeline/errors.ts'
import { keyFields } from '../pipeline/task/record.ts'
import { tf } from '../pipeline/tensorflow.ts'
import { createApp } from './app.ts'
import { openAudit } from './audit/open.ts'
import { drain } from './drain.ts'
import { loadModel } from './load-model.ts'
import { createLookup } from './lookup.ts'
import { explainListen, readSettings, serverSettings } from './settings.ts'
import { readTls } from './tls.ts'

const drainMs = 10_000

const say = (line: string) => void process.stderr.write(`serve: ${line}\n`)

async function main(): Promise<void> {
  const settings = readSettings(serverSettings, process.env)
  const tls = readTls(settings)
  const { lookup, stop: stopLookup } = await createLookup(settings, say)
  const bundle = await loadModel(settings.MERGELINE_BUNDLE, settings, say)
  const audit = await openAudit(settings, {
    environment: settings.MERGELINE_ENVIRONMENT,
    image: settings.MERGELINE_IMAGE,
    recordSchema: bundle.recordSchema,
    keyFields,
    log: say,
  })
  const app = await createApp({
    bundle,
    audit,
    model: {
      name: settings.MERGELINE_MODEL_NAME,
      version: settings.MERGELINE_MODEL_VERSION,
      fingerprint: settings.MERGELINE_MODEL_FINGERPRINT,
      commit: settings.MERGELINE_COMMIT,
      image: settings.MERGELINE_IMAGE,
    },
    lookup,
    environment: settings.MERGELINE_ENVIRONMENT,
    versions: { tensorflowJs: tf.version_core },
    logger: { base: { digest: bundle.digest, pid: process.pid } },
    maxInFlight: settings.MERGELINE_MAX_IN_FLIGHT,
    maxRecords: settings.MERGELINE_MAX_RECORDS,
    requestsPerMinute: settings.MERGELINE_RATE_LIMIT,
    docs: settings.MERGELINE_DOCS === 'on',
    tls: tls?.options,
  })
  const at = { host: settings.MERGELINE_HOST, port: settings.MERGELINE_PORT }
  await app.listen(at).catch((error: unknown) => {
    throw explainListen(error, at, 'MERGELINE_PORT')
  })
  // With a certificate the app's server is one of TLS.
  const stopTls = tls?.follow(app.server as unknown as TlsServer, say)

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    app.drain()
    await drain(app.server, drainMs)
    await app.close()
    await audit?.close()
    stopLookup()
    stopTls?.()
    bundle.dispose()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`serve: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof InputError ? 2 : 1)
})
