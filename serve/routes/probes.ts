import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'
import { Refusal } from '../problem.ts'

export type ProbesOptions = {
  readonly digest: string
  readonly metrics: Metrics
  readonly draining: () => boolean
}

/** `/live`, `/ready` and `/metrics`, for those who watch: open to anybody who reaches the port. */
export async function probes(app: FastifyInstance, { digest, metrics, draining }: ProbesOptions) {
  app.get('/live', async () => ({ live: true }))
  app.get('/ready', async () => {
    if (draining()) throw new Refusal(503, 'this server is draining', { retryAfterSeconds: 1 })
    return { digest, pid: process.pid, ready: true }
  })
  app.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
}
