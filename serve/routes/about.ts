import type { FastifyInstance } from 'fastify'
import type { Serving } from '../serving.ts'

/** `/health`, how this server is, and `/metadata`, what model it serves: both for those who may read. */
export async function aboutRoutes(app: FastifyInstance, serving: Serving) {
  const { bundle, model, environment, versions, needs, draining } = serving
  const { digest, manifest, backend } = bundle
  const onRequest = needs('read')
  app.get('/health', { onRequest }, async () => ({
    status: draining() ? 'draining' : 'serving',
    digest,
    backend,
    environment,
    uptimeSeconds: Math.floor(process.uptime()),
    pid: process.pid,
    versions: { node: process.versions.node, fastify: app.version, ...versions },
  }))
  app.get('/metadata', { onRequest }, async () => ({
    name: model.name,
    version: model.version ?? null,
    digest,
    fingerprint: model.fingerprint ?? null,
    commit: model.commit ?? null,
    image: model.image ?? null,
    environment,
    target: manifest.target,
    trainingWindow: manifest.window,
    refit: manifest.refit ?? null,
    recordSchema: bundle.recordSchema,
  }))
}
