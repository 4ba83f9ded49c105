/** The process of one server: a bundle, a port. Exit code 0 stopped, 1 the bundle does not predict as it should, 2 wrong settings or port taken. */
import { InputError } from '../pipeline/errors.ts'
import { loadBundle } from '../pipeline/tracking/bundle.ts'
import { createApp } from './app.ts'
import { drain } from './drain.ts'
import { readKeyHashes } from './keys.ts'
import { explainListen, readPort, required } from './settings.ts'
import { warmUp } from './warm-up.ts'

const drainMs = 10_000

async function main(): Promise<void> {
  const settings = {
    bundle: required(process.env, 'MERGELINE_BUNDLE', 'the folder of the bundle'),
    host: process.env['MERGELINE_HOST'] || '127.0.0.1',
    port: readPort(process.env, 'MERGELINE_PORT', 8080),
    apiKeysFile: required(process.env, 'MERGELINE_API_KEYS_FILE', 'a file with one SHA-256 of an API key per line'),
    environment: process.env['MERGELINE_ENVIRONMENT'] || 'local',
  }
  const apiKeyHashes = readKeyHashes(settings.apiKeysFile)
  const bundle = await loadBundle(settings.bundle)
  warmUp(bundle)
  const app = await createApp({
    bundle,
    apiKeyHashes,
    environment: settings.environment,
    logger: { base: { digest: bundle.digest, pid: process.pid } },
  })
  await app.listen({ host: settings.host, port: settings.port }).catch((error: unknown) => {
    throw explainListen(error, settings, 'MERGELINE_PORT')
  })

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    app.drain()
    await drain(app.server, drainMs)
    await app.close()
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
