import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readInvocations } from '../protocols/mlflow.ts'
import { readRecords } from '../protocols/records.ts'
import type { Serving } from '../serving.ts'

/** `POST /v1/predict`: one record, or `{records: [record, …]}`; and `POST /invocations`, the same for clients of MLflow. */
export async function predictRoutes(
  app: FastifyInstance,
  { bundle, needs, admit, predict, records, maxRecords }: Serving,
) {
  const { digest } = bundle
  const onRequest = [...needs('predict'), admit]
  app.post('/v1/predict', { onRequest }, async (request, reply) => ({
    predictions: await predict(readRecords(request.body, records, maxRecords), request, reply),
    digest,
    ...idsOf(request),
  }))
  app.post('/invocations', { onRequest }, async (request, reply) => ({
    predictions: await predict(readInvocations(request.body, records, maxRecords), request, reply),
    digest,
    ...idsOf(request),
  }))
  // MLflow's clients wait for it.
  app.get('/ping', async () => ({ live: true }))
}

const idsOf = ({ predictionIds: ids }: FastifyRequest) => (ids ? { prediction_ids: ids } : {})
