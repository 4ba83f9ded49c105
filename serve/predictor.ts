import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import type { Admission } from './admission.ts'
import type { Audit } from './audit/audit.ts'
import { type BatchOptions, createBatcher } from './batching.ts'
import type { Metrics } from './metrics.ts'
import { Refusal } from './problem.ts'
import { outOfRange, referenceBin } from './reference.ts'

const maxBatchRecords = 1024

/** Checked records of one request → predictions in units of the target, in order. Every protocol's route answers with what this returns, and with nothing else. */
export type Predictor = (
  records: readonly TaskRecord[],
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<readonly number[]>

/**
 * Makes the one way from records to predictions, whatever the protocol: batched with the other requests of the turn, checked to be finite numbers,
 * told to the gateway by the headers `x-mergeline-bin` and `x-mergeline-out-of-range`,
 * and recorded before they are returned.
 */
export function createPredictor(
  { digest, predict, profile }: Pick<LoadedBundle, 'digest' | 'predict' | 'profile'>,
  metrics: Pick<Metrics, 'batch' | 'predicted'>,
  { enter, ...turns }: Pick<BatchOptions, 'pace' | 'arrivals'> & Pick<Admission, 'enter'>,
  audit?: Audit,
): Predictor {
  const batched = createBatcher(predict, { maxRecords: maxBatchRecords, ...turns, onBatch: metrics.batch })
  return async (records, request, reply) => {
    audit?.admit()
    const leave = enter(records.length)
    try {
      return await predicted(records, request, reply)
    } finally {
      leave()
    }
  }

  async function predicted(...[records, request, reply]: Parameters<Predictor>): ReturnType<Predictor> {
    const predictions = await batched(records)
    if (!predictions.every(Number.isFinite)) {
      // Told all the same: a canary that predicts no numbers must not look as good as one that was asked wrongly.
      reply.header('x-mergeline-out-of-range', 1)
      throw notFinite(predictions)
    }
    metrics.predicted(predictions)
    reply.header('x-mergeline-bin', referenceBin(profile, predictions[0] as number))
    reply.header('x-mergeline-out-of-range', outOfRange(profile, predictions) ? 1 : 0)
    if (audit) request.predictionIds = await audit.predicted({ request, reply, digest, records, predictions })
    return predictions
  }
}

/**
 * What is wrong with predictions that are not all finite: no number at all is the model's fault, more than any number that of a record whose values, though
 * allowed, lie far from all that it was trained on (a date in the year 9999).
 */
function notFinite(predictions: readonly number[]): Error {
  if (predictions.some(Number.isNaN)) return new Error('the model gave a prediction that is not a number')
  const index = predictions.findIndex((prediction) => !Number.isFinite(prediction))
  const message = 'is so far from all that the model was trained on that it predicts no finite number'
  return new Refusal(422, `record ${index + 1} of the request ${message}`, {
    errors: [{ field: `records.${index}`, pointer: '#', message }],
  })
}
