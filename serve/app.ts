import bearerAuth from '@fastify/bearer-auth'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import { createBatcher } from './batching.ts'
import { keyCheck } from './keys.ts'
import { createMetrics } from './metrics.ts'
import { problem, problemType, Refusal } from './problem.ts'
import { outOfRange, referenceBin } from './reference.ts'
import { createRequestCheck } from './request-check.ts'

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
const maxBatchRecords = 1024

/**
 * Makes the server of one bundle: `POST /v1/predict` behind an API key; `/live`, `/ready` and `/metrics` open. It has no port: `server.ts` listens, tests inject.
 * Every answer names the digest. Refusals are RFC 9457 problems: 400 not JSON, 401 no valid key, 413 over 1 MiB, 415, 422 naming each field, 503 overloaded or draining.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { bundle, maxInFlight = 512, maxRecords = 1000 } = options
  const { digest, profile } = bundle
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
  const predict = createBatcher((records) => bundle.predict(records), maxBatchRecords, metrics.batch)
  const check = createRequestCheck(bundle.recordSchema, maxRecords)
  let draining = false
  let inFlight = 0

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
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).type(problemType).send(problem(404, 'no such route; predictions are at POST /v1/predict')),
  )
  app.setErrorHandler<FastifyError | Refusal>(async (error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500 && !(error instanceof Refusal)) request.log.error({ err: error }, 'failed')
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    const refusal = error instanceof Refusal ? error : undefined
    if (refusal?.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds)
    const detail = status >= 500 && !refusal ? 'the server failed at this request; its log says why' : error.message
    return reply
      .code(status)
      .type(problemType)
      .send(problem(status, detail, refusal?.errors))
  })

  app.get('/live', async () => ({ live: true }))
  app.get('/ready', async () => {
    if (draining) throw new Refusal(503, 'this server is draining', { retryAfterSeconds: 1 })
    return { digest, pid: process.pid, ready: true }
  })
  app.get('/metrics', async (_request, reply) => {
    metrics.inFlight(inFlight)
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })

  await app.register(async (guarded) => {
    await guarded.register(bearerAuth, {
      keys: new Set<string>(),
      auth: keyCheck(options.apiKeyHashes),
      addHook: false,
      verifyErrorLogLevel: 'debug',
    })
    guarded.addHook('onRequest', (request, reply, done) => guarded.verifyBearerAuth?.(request, reply, done))
    guarded.post('/v1/predict', {
      // Refused before the body is read: an overload must cost as little as it can.
      onRequest: async (_request, reply) => {
        if (inFlight >= maxInFlight) throw new Refusal(503, 'too many requests at once', { retryAfterSeconds: 1 })
        inFlight += 1
        reply.raw.once('close', () => {
          inFlight -= 1
        })
      },
      handler: async (request, reply) => {
        const predictions = await predict(check(request.body))
        if (!predictions.every(Number.isFinite))
          throw new Error('the model gave a prediction that is not a finite number')
        reply.header('x-mergeline-bin', referenceBin(profile, predictions[0] as number))
        reply.header('x-mergeline-out-of-range', outOfRange(profile, predictions) ? 1 : 0)
        return { predictions, digest }
      },
    })
  })
  return app
}
