/** The process of one server: a bundle, a port. SIGTERM drains and ends it, SIGHUP has it look for another bundle. Exit code 0 stopped, 1 the bundle does not predict as it should, 2 wrong settings or port taken. */
import { lookup } from 'node:dns/promises'
import type { Server as TlsServer } from 'node:tls'
import { InputError } from '../pipeline/errors.ts'
import { keyFields } from '../pipeline/task/record.ts'
import { tf } from '../pipeline/tensorflow.ts'
import { createAppMaker } from './app-maker.ts'
import { openAudit } from './audit/open.ts'
import { createConnections } from './connections.ts'
import { drain } from './drain.ts'
import { createLoader } from './load-model.ts'
import { createLookup } from './lookup.ts'
import { createReload, followLink } from './reload.ts'
import { explainListen, readSettings, serverSettings } from './settings.ts'
import { createSwap } from './swap.ts'
import { readTls } from './tls.ts'

const drainMs = 10_000
const quietMs = 2_000
// Connections that wait to be taken. Of more the kernel drops packets, and their clients try again after seconds; Linux allows 4,096 (net.core.somaxconn).
const mostWaiting = 4_096

const say = (line: string) => void process.stderr.write(`serve: ${line}\n`)

async function main(): Promise<void> {
  // From the first moment on: process 1 of a container is told nothing that it does not ask for, and SIGHUP would end any other.
  let stopping = false
  let stop = async (): Promise<void> => process.exit(0)
  let look = () => {}
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
  process.on('SIGHUP', () => look())

  const settings = readSettings(serverSettings, process.env)
  const tls = readTls(settings)
  const authentication = await createLookup(settings, say)
  const load = createLoader(settings, say)
  const bundle = await load(settings.MERGELINE_BUNDLE)
  const audit = await openAudit(settings, {
    environment: settings.MERGELINE_ENVIRONMENT,
    image: settings.MERGELINE_IMAGE,
    recordSchema: bundle.recordSchema,
    keyFields,
    log: say,
  })
  const connections = createConnections()
  const make = createAppMaker(settings, {
    first: bundle.digest,
    lookup: authentication.lookup,
    audit,
    versions: { tensorflowJs: tf.version_core },
    tls: tls?.options,
    reload: () => reload(),
    arrivals: connections.arrived,
  })
  const served = await make(bundle)
  connections.follow(served.app.server)
  // A name may have two addresses, and Fastify would make a second server, which knows nothing of swaps and drains.
  const host = await lookup(settings.MERGELINE_HOST).then(
    ({ address }) => address,
    () => settings.MERGELINE_HOST,
  )
  const at = { host, port: settings.MERGELINE_PORT }
  await served.app.listen({ ...at, backlog: mostWaiting }).catch((error: unknown) => {
    throw explainListen(error, at, 'MERGELINE_PORT')
  })
  say(`${bundle.digest} is served at ${at.host}:${at.port}, computed by ${bundle.backend}`)
  const swap = createSwap(served)
  const { recordSchema } = bundle
  const reload = createReload({
    bundle: settings.MERGELINE_BUNDLE,
    recordSchema,
    swap,
    load,
    make,
    say,
    stopping: () => stopping,
  })
  const { server } = served.app
  const stops = [
    authentication.stop,
    await followLink(settings.MERGELINE_BUNDLE, reload),
    // With a certificate the app's server is one of TLS.
    tls?.follow(server as unknown as TlsServer, say),
  ]

  stop = async () => {
    if (stopping) return
    stopping = true
    for (const end of stops) end?.()
    await drain(server, drainMs, quietMs, { connections, announce: () => swap.now().app.drain() })
    await swap.now().app.close()
    await audit?.close()
    process.exit(0)
  }
  look = () => void reload().catch(() => {})
}

main().catch((error: unknown) => {
  process.stderr.write(`serve: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(error instanceof InputError ? 2 : 1)
})
