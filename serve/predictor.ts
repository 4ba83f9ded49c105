import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import type { Audit } from './audit/audit.ts'
import { createBatcher } from './batching.ts'
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
  onBatch: (records: number) => void,
  audit?: Audit,
): Predictor {
  const batched = createBatcher(predict, maxBatchRecords, onBatch)
  return async (records, request, reply) => {
    audit?.admit()
    const predictions = await batched(records)
    if (!predictions.every(Number.isFinite)) throw new Error('the model gave a prediction that is not a finite number')
    reply.header('x-mergeline-bin', referenceBin(profile, predictions[0] as number))
    reply.header('x-mergeline-out-of-range', outOfRange(profile, predictions) ? 1 : 0)
    if (audit) request.predictionIds = await audit.predicted({ request, reply, digest, records, predictions })
    return predictions
  }
}
