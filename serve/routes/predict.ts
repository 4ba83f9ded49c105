import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import type { Predictor } from '../predictor.ts'

export type PredictOptions = {
  readonly digest: string
  readonly admit: onRequestHookHandler
  readonly predict: Predictor
  /** A body → its records; throws Refusal 422. */
  readonly check: (body: unknown) => readonly TaskRecord[]
}

/** `POST /v1/predict`: one record, or `{records: [record, …]}`. */
export async function predictRoute(app: FastifyInstance, { digest, admit, predict, check }: PredictOptions) {
  app.post('/v1/predict', { onRequest: admit }, async (request, reply) => ({
    predictions: await predict(check(request.body), request, reply),
    digest,
  }))
}
