import type { FastifyInstance } from 'fastify'
import { InputError } from '../../pipeline/errors.ts'
import { Refusal } from '../problem.ts'
import type { Serving } from '../serving.ts'

/** `POST /v1/reload`, for those who may control: serves the bundle that lies in its place now. */
export async function reloadRoutes(app: FastifyInstance, { needs, reload, draining }: Serving) {
  if (!reload) return
  app.post('/v1/reload', { onRequest: needs('control') }, async () => {
    if (draining()) throw new Refusal(503, 'this server is draining', { retryAfterSeconds: 1 })
    return reload().catch((error: unknown) => {
      throw error instanceof InputError ? new Refusal(409, `the bundle was refused: ${error.message}`) : error
    })
  })
}
