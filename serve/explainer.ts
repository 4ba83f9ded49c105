import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { type Explanation, explain } from '../pipeline/predicting/explain.ts'
import type { TaskRecord } from '../pipeline/task/record.ts'
import type { ServedBundle } from './model.ts'
import { type Pace, recordsInTurn } from './pace.ts'
import { Refusal } from './problem.ts'

export type Explainer = (records: readonly TaskRecord[]) => Promise<readonly Explanation[]>

/** Records of a request that are explained: an explanation costs some hundred predictions. */
export const maxExplained = 10
const maxWaiting = 50
const maxBatchRecords = 1024

/**
 * Makes the explanations of a bundle's predictions, against its golden records as background: one record after another, whoever asks, in pieces of 20 ms, as `pace` has it, so that
 * predictions get through in between; and of a request's records the first 10. The same record has the same explanation. Throws Refusal 503 where 50 wait already, 422 for a
 * record whose prediction overflows when its values meet others'.
 */
export function createExplainer(
  { digest, golden, predict }: Pick<ServedBundle, 'digest' | 'golden' | 'predict'>,
  fields: readonly string[],
  pace: Pick<Pace, 'perRecord'>,
): Explainer {
  const background = golden.map(({ record }) => record)
  let waiting = 0
  let before: Promise<unknown> = Promise.resolve()

  async function inPieces(records: readonly TaskRecord[]): Promise<readonly number[]> {
    const predictions: number[] = []
    while (predictions.length < records.length) {
      await turn()
      const from = predictions.length
      predictions.push(...predict(records.slice(from, from + recordsInTurn(pace, maxBatchRecords))))
    }
    return predictions
  }

  async function one(record: TaskRecord): Promise<Explanation> {
    const explanation = await explain(record, { predict: inPieces, background, fields, seed: seedOf(digest, record) })
    if (Object.values(explanation.contributions).every(Number.isFinite)) return explanation
    throw new Refusal(422, 'a record is so far from all that the model was trained on that it cannot be explained')
  }

  return async (records) => {
    const explained = records.slice(0, maxExplained)
    if (waiting + explained.length > maxWaiting)
      throw new Refusal(503, 'too many predictions wait to be explained', { retryAfterSeconds: 1 })
    waiting += explained.length
    const made = explained.map((record) => {
      const own = before.then(() => one(record))
      before = own
        .catch(() => {})
        .finally(() => {
          waiting -= 1
        })
      return own
    })
    return Promise.all(made)
  }
}

const seedOf = (digest: string, record: TaskRecord): number =>
  createHash('sha256').update(digest).update(JSON.stringify(record)).digest().readUInt32BE(0)
