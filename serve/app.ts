import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyServerOptions, onRequestHookHandler } from 'fastify'
import { createAdmission, tooMany } from './admission.ts'
import type { Audit } from './audit/audit.ts'
import { auditMetrics } from './audit/metrics.ts'
import { createExplainer } from './explainer.ts'
import { newFastify } from './fastify.ts'
import { readJsonBodies } from './json-body.ts'
import { createMetrics } from './metrics.ts'
import type { ModelFacts, ServedBundle } from './model.ts'
import { paceOf } from './pace.ts'
import { createPredictor } from './predictor.ts'
import { type Lookup, needs } from './principal.ts'
import { createRecordCheck } from './record-check.ts'
import { refusalLog } from './refusal-log.ts'
import { answerRefusals, refuseOtherMethods } from './refusals.ts'
import type { Reload } from './reload.ts'
import { aboutRoutes } from './routes/about.ts'
import { docsRoutes } from './routes/docs.ts'
import { inferenceRoutes } from './routes/inference.ts'
import { insightRoutes } from './routes/insight.ts'
import { pageRoutes } from './routes/page.ts'
import { predictRoutes } from './routes/predict.ts'
import { probes } from './routes/probes.ts'
import { reloadRoutes } from './routes/reload.ts'
import type { Serving } from './serving.ts'
import type { Tls } from './tls.ts'
import { createTurnAway } from './turn-away.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells `/ready` to say no, and clients to close their connections; requests are answered until the server is closed. */
    drain(): void
    /** Answers a request of node:http: what its server's `routing` does, but that whom there is no room for is turned away at little cost. */
    answer(request: IncomingMessage, response: ServerResponse): void
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
  /** Whether the page at `/` is served. */
  readonly page?: boolean
  readonly insight?: Serving['insight']
  readonly logger?: FastifyServerOptions['logger']
  readonly tls?: Tls['options'] | undefined
  /** How many connections have come in, of whoever listens for this app. */
  readonly arrivals?: () => number
  /** Requests that one key may make in a minute; any number where it is absent or 0. */
  readonly requestsPerMinute?: number
  /** Prediction requests held at once; one more is refused with 503. */
  readonly maxInFlight?: number
  /** How long a prediction request may have to wait for those before it, in ms; one that would wait longer is refused with 503. */
  readonly maxWaitMs?: number
  /** Records in one request. */
  readonly maxRecords?: number
  /** What puts another bundle into the place of this one; without it there is no route for that. */
  readonly reload?: Reload | undefined
}

/**
 * Makes the server of one bundle: predictions in three protocols and what is known of the model for who has a key; `/live`, `/ready` and `/metrics` open.
 * It has no port: `server.ts` listens, tests inject. Every answer names the digest. Refusals are RFC 9457 problems: 400 not JSON, 401 nobody known,
 * 403 not allowed, 404, 405, 413 over 1 MiB, 415, 422 naming each field, 429, 503 overloaded or draining.
 */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { bundle, model, environment, lookup, versions = {}, docs = true, page = true } = options
  const { maxInFlight = 512, maxWaitMs = 100, maxRecords = 1000 } = options
  const { digest } = bundle
  const app = newFastify(options.logger, options.tls)
  const pace = paceOf(bundle)
  const { full, enter, inFlight } = createAdmission({ maxInFlight, maxWaitMs, pace })
  const metrics = createMetrics({ labels: { digest, environment }, quantiles: bundle.profile.quantiles, inFlight })
  if (options.audit) auditMetrics(metrics.registry, options.audit)
  const limits: onRequestHookHandler[] = []
  // Not loaded where nobody is limited.
  if (options.requestsPerMinute)
    limits.push(await (await import('./rate-limit.ts')).limitRate(app, options.requestsPerMinute))
  const records = createRecordCheck(bundle.recordSchema)
  let draining = false
  const everywhere: { readonly [name: string]: string } = {
    'x-mergeline-digest': digest,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(options.tls ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
  const serving: Serving = {
    bundle,
    model,
    environment,
    versions,
    needs: (scope) => [needs(scope, lookup), ...limits],
    predict: createPredictor(
      bundle,
      metrics,
      { pace, enter, ...(options.arrivals && { arrivals: options.arrivals }) },
      options.audit,
    ),
    explain: createExplainer(bundle, [...records.fields.keys()], pace),
    records,
    maxRecords,
    draining: () => draining,
    reload: options.reload,
    insight: options.insight ?? {},
    audit: options.audit,
  }

  const refused = refusalLog(app.log)
  const turnAway = createTurnAway({
    ...{ full, refusal: tooMany, headers: everywhere, draining: () => draining },
    away(route, status) {
      metrics.answered(route, status, 0)
      refused({ method: 'POST', route, status })
      options.audit?.turnedAway(status)
    },
  })

  app.decorate('drain', () => {
    draining = true
  })
  app.decorate('answer', (request: IncomingMessage, response: ServerResponse) => {
    if (!turnAway(request, response)) app.routing(request, response)
  })
  app.decorateRequest('principal', null)
  app.decorateRequest('predictionIds', null)
  app.addHook('onRequest', (_request, reply, done) => {
    for (const name in everywhere) reply.header(name, everywhere[name])
    if (draining) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime: ms } = reply
    // The pattern, not the path: a path is the client's and would make a time series of its own.
    const route = request.routeOptions.url ?? 'unknown'
    metrics.answered(route, status, ms / 1000)
    if (status >= 400) refused({ request: request.id, method: request.method, route, status, ms })
    done()
  })
  answerRefusals(app, digest, options.audit)
  readJsonBodies(app)
  const refuseOthers = refuseOtherMethods(app)

  await app.register(probes, { digest, metrics, draining: () => draining })
  await app.register(predictRoutes, serving)
  await app.register(inferenceRoutes, serving)
  await app.register(aboutRoutes, serving)
  await app.register(reloadRoutes, serving)
  await app.register(insightRoutes, serving)
  if (docs) await app.register(docsRoutes, serving)
  if (page) await app.register(pageRoutes, serving)
  refuseOthers()
  return app
}
