import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { createAdmission } from './admission.ts'
import type { Audit } from './audit/audit.ts'
import { auditMetrics } from './audit/metrics.ts'
import { readJsonBodies } from './json-body.ts'
import { createMetrics } from './metrics.ts'
import type { ModelFacts, ServedBundle } from './model.ts'
import { createPredictor } from './predictor.ts'
import { type Lookup, needs } from './principal.ts'
import { createRecordCheck } from './record-check.ts'
import { answerBadAddress, answerBroken, answerRefusals, refuseOtherMethods } from './refusals.ts'
import { aboutRoutes } from './routes/about.ts'
import { docsRoutes } from './routes/docs.ts'
import { inferenceRoutes } from './routes/inference.ts'
import { predictRoutes } from './routes/predict.ts'
import { probes } from './routes/probes.ts'
import type { Serving } from './serving.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells `/ready` to say no, and clients to close their connections; requests are answered until the server is closed. */
    drain(): void
  }
}

export type AppOptions = {
  readonly bundle: ServedBundle
  readonly model: ModelFacts
  /** Who is known by a key or token. */
  readonly lookup: Lookup
  readonly environment: string
  /** Where predictions and refusals are recorded before they are answered. */
  readonly audit?: Audit | undefined
  readonly versions?: Serving['versions']
  /** Whether `/openapi.json` and `/docs` are served. */
  readonly docs?: boolean
  readonly logger?: FastifyServerOptions['logger']
  /** Prediction requests held at once; one more is refused with 503. */
  readonly maxInFlight?: number
  /** Records in one request. */
  readonly maxRecords?: number
}

const maxBodyBytes = 1024 * 1024

/**
 * Makes the server of one bundle: predictions in three protocols and what is known of the model for who has a key; `/live`, `/ready` and `/metrics` open.
 * It has no port: `server.ts` listens, tests inject. Every answer names the digest. Refusals are RFC 9457 problems: 400 not JSON, 401 nobody known,
 * 403 not allowed, 404, 413 over 1 MiB, 415, 422 naming each field, 503 overloaded or draining.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { bundle, model, environment, lookup, versions = {}, docs = true } = options
  const { maxInFlight = 512, maxRecords = 1000 } = options
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
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerBroken,
  })
  const metrics = createMetrics({ digest, environment })
  if (options.audit) auditMetrics(metrics.registry, options.audit)
  const { admit, inFlight } = createAdmission(maxInFlight)
  let draining = false
  const serving: Serving = {
    bundle,
    model,
    environment,
    versions,
    needs: (scope) => needs(scope, lookup),
    admit,
    predict: createPredictor(bundle, metrics.batch, options.audit),
    records: createRecordCheck(bundle.recordSchema),
    maxRecords,
    draining: () => draining,
  }

  app.decorate('drain', () => {
    draining = true
  })
  app.decorateRequest('principal', null)
  app.decorateRequest('predictionIds', null)
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-mergeline-digest', digest)
    if (draining) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: ms } = reply
    // The pattern, not the path: a path is the client's and would make a time series of its own.
    const route = request.routeOptions.url ?? 'unknown'
    metrics.answered(route, status, ms / 1000)
    if (status >= 400) request.log.info({ method: request.method, route, status, ms }, 'refused')
    done()
  })
  answerRefusals(app, digest, options.audit)
  readJsonBodies(app)
  const refuseOthers = refuseOtherMethods(app)

  await app.register(probes, { digest, metrics, draining: () => draining, inFlight })
  await app.register(predictRoutes, serving)
  await app.register(inferenceRoutes, serving)
  await app.register(aboutRoutes, serving)
  if (docs) await app.register(docsRoutes, serving)
  refuseOthers()
  return app
}
