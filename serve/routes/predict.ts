import type { FastifyInstance, FastifyRequest } from 'fastify'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import { Refusal } from '../problem.ts'
import { readInvocations } from '../protocols/mlflow.ts'
import { readRecords } from '../protocols/records.ts'
import type { Serving } from '../serving.ts'

/**
 * `POST /v1/predict`: one record, or `{records: [record, …]}`, with `?explain=true` also why, with `?interval=true` how sure; and `POST /invocations`, the same for clients of MLflow, without.
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
    const explanations = wants(request, 'explain') ? { explanations: await explain(asked) } : undefined
    const interval = wants(request, 'interval') ? intervalOf(bundle) : undefined
    const predictions = await predict(asked, request, reply)
    const intervals = interval && { intervals: predictions.map((prediction) => boundsOf(interval, prediction)) }
    return { predictions, digest, ...intervals, ...explanations, ...idsOf(request) }
  })
  app.post('/invocations', { onRequest }, async (request, reply) => ({
    predictions: await predict(readInvocations(request.body, records, maxRecords), request, reply),
    digest,
    ...idsOf(request),
  }))
  // MLflow's clients wait for it.
  app.get('/ping', async () => ({ live: true }))
}

function wants({ query }: FastifyRequest, name: 'explain' | 'interval'): boolean {
  const asked = (query as { readonly [name: string]: unknown })[name]
  if (asked === undefined || asked === 'false') return false
  if (asked === 'true') return true
  throw new Refusal(422, `${name} in the address must be true or false`)
}

function intervalOf({ profile: { interval } }: Serving['bundle']) {
  if (interval) return interval
  throw new Refusal(
    422,
    'this model has no intervals: it predicts a probability, or had too few records to calibrate them',
  )
}

const idsOf = ({ predictionIds: ids }: FastifyRequest) => (ids ? { prediction_ids: ids } : {})
