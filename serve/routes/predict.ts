import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../problem.ts'
import { readInvocations } from '../protocols/mlflow.ts'
import { readRecords } from '../protocols/records.ts'
import type { Serving } from '../serving.ts'

/**
 * `POST /v1/predict`: one record, or `{records: [record, …]}`, with `?explain=true` also why; and `POST /invocations`, the same for clients of MLflow, without.
 */
export async function predictRoutes(
  app: FastifyInstance,
  { bundle, needs, predict, explain, records, maxRecords }: Serving,
) {
  const { digest } = bundle
  const onRequest = needs('predict')
  app.post('/v1/predict', { onRequest }, async (request, reply) => {
    const asked = readRecords(request.body, records, maxRecords)
    // First what may be refused: a prediction that was recorded is answered.
    const explanations = wantsWhy(request) ? { explanations: await explain(asked) } : undefined
    return { predictions: await predict(asked, request, reply), digest, ...explanations, ...idsOf(request) }
  })
  app.post('/invocations', { onRequest }, async (request, reply) => ({
    predictions: await predict(readInvocations(request.body, records, maxRecords), request, reply),
    digest,
    ...idsOf(request),
  }))
  // MLflow's clients wait for it.
  app.get('/ping', async () => ({ live: true }))
}

function wantsWhy({ query }: FastifyRequest): boolean {
  const { explain } = query as { readonly explain?: unknown }
  if (explain === undefined || explain === 'false') return false
  if (explain === 'true') return true
  throw new Refusal(422, 'explain in the address must be true or false')
}

const idsOf = ({ predictionIds: ids }: FastifyRequest) => (ids ? { prediction_ids: ids } : {})
