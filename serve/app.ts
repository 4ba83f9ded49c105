import bearerAuth from '@fastify/bearer-auth'
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import { createAdmission } from './admission.ts'
import { keyCheck } from './keys.ts'
import { createMetrics } from './metrics.ts'
import { createPredictor } from './predictor.ts'
import { answerRefusals } from './refusals.ts'
import { createRequestCheck } from './request-check.ts'
import { predictRoute } from './routes/predict.ts'
import { probes } from './routes/probes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells `/ready` to say no, and clients to close their connections; requests are answered until the server is closed. */
    drain(): void
  }
}

export type AppOptions = {
  readonly bundle: Pick<LoadedBundle, 'digest' | 'recordSchema' | 'profile' | 'predict'>
  /** SHA-256, in hex, of each API key that may ask for predictions. */
  readonly apiKeyHashes: readonly string[]
  readonly environment: string
  readonly logger?: FastifyServerOptions['logger']
  /** Prediction requests held at once; one more is refused with 503. */
  readonly maxInFlight?: number
  /** Records in one request. */
  readonly maxRecords?: number
}

const maxBodyBytes = 1024 * 1024

/**
 * Makes the server of one bundle: `POST /v1/predict` behind an API key; `/live`, `/ready` and `/metrics` open. It has no port: `server.ts` listens, tests inject.
 * Every answer names the digest. Refusals are RFC 9457 problems: 400 not JSON, 401 no valid key, 413 over 1 MiB, 415, 422 naming each field, 503 overloaded or draining.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { bundle, maxInFlight = 512, maxRecords = 1000 } = options
  const { digest } = bundle
  const app = Fastify({
    logger: options.logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    // A request that does not arrive whole ends with 408: looked for each second, since Node's 30 s are longer than the limits themselves.
    requestTimeout: 10_000,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    // A request that arrives while the server closes is answered: only its connection ends.
    return503OnClosing: false,
  })
  const metrics = createMetrics({ digest, environment: options.environment })
  const { admit, inFlight } = createAdmission(maxInFlight)
  const predict = createPredictor(bundle, metrics.batch)
  let draining = false

  app.decorate('drain', () => {
    draining = true
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-mergeline-digest', digest)
    if (draining) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode: status, elapsedTime: ms } = reply
    // The pattern, not the path: a path is the client's and would make a time series of its own.
    const route = request.routeOptions.url ?? 'unknown'
    metrics.answered(route, status, ms / 1000)
    if (status >= 400) request.log.info({ method: request.method, route, status, ms }, 'refused')
  })
  answerRefusals(app)

  await app.register(probes, { digest, metrics, draining: () => draining, inFlight })
  await app.register(async (guarded) => {
    await guarded.register(bearerAuth, {
      keys: new Set<string>(),
      auth: keyCheck(options.apiKeyHashes),
      addHook: false,
      verifyErrorLogLevel: 'debug',
    })
    guarded.addHook('onRequest', (request, reply, done) => guarded.verifyBearerAuth?.(request, reply, done))
    await guarded.register(predictRoute, {
      digest,
      admit,
      predict,
      check: createRequestCheck(bundle.recordSchema, maxRecords),
    })
  })
  return app
}
