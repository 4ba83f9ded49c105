import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
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
 * Makes the one way from records to predictions, whatever the protocol: batched with the other requests of the turn, checked to be finite numbers, and
 * told to the gateway by the headers `x-mergeline-bin` and `x-mergeline-out-of-range`.
 */
export function createPredictor(
  { predict, profile }: Pick<LoadedBundle, 'predict' | 'profile'>,
  onBatch: (records: number) => void,
): Predictor {
  const batched = createBatcher(predict, maxBatchRecords, onBatch)
  return async (records, _request, reply) => {
    const predictions = await batched(records)
    if (!predictions.every(Number.isFinite)) throw new Error('the model gave a prediction that is not a finite number')
    reply.header('x-mergeline-bin', referenceBin(profile, predictions[0] as number))
    reply.header('x-mergeline-out-of-range', outOfRange(profile, predictions) ? 1 : 0)
    return predictions
  }
}
