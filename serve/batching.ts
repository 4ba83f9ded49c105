import type { TaskRecord } from '../pipeline/task/record.ts'

type Waiting = {
  readonly records: readonly TaskRecord[]
  readonly resolve: (predictions: readonly number[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes a `predict` that answers the requests of one turn of the event loop as one batch: a call of the model costs much more than a row of it.
 * No request waits for a clock: the batch is what the sockets held when the loop came round. A batch has at most `maxRecords` records
 * (a request alone may have more); the rest follows in the next turn, so that probes and refusals get through in between.
 */
export function createBatcher(
  predict: (records: readonly TaskRecord[]) => readonly number[],
  maxRecords: number,
  onBatch: (records: number) => void = () => {},
): (records: readonly TaskRecord[]) => Promise<readonly number[]> {
  let waiting: Waiting[] = []
  let scheduled = false

  function turn(): void {
    scheduled = false
    const batch = take()
    if (waiting.length > 0) schedule()
    const records = batch.flatMap((one) => one.records)
    onBatch(records.length)
    let predictions: readonly number[]
    try {
      predictions = exactly(records.length, predict(records))
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      // One request's record must not spoil its neighbours' answers.
      else for (const one of batch) alone(one)
      return
    }
    let from = 0
    for (const one of batch) {
      one.resolve(predictions.slice(from, from + one.records.length))
      from += one.records.length
    }
  }

  function alone(one: Waiting): void {
    try {
      one.resolve(exactly(one.records.length, predict(one.records)))
    } catch (error) {
      one.reject(error)
    }
  }

  function take(): readonly Waiting[] {
    let records = 0
    const over = waiting.findIndex((one, index) => {
      records += one.records.length
      return index > 0 && records > maxRecords
    })
    const batch = over === -1 ? waiting : waiting.slice(0, over)
    waiting = over === -1 ? [] : waiting.slice(over)
    return batch
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(turn)
  }

  return (records) =>
    new Promise((resolve, reject) => {
      waiting.push({ records, resolve, reject })
      schedule()
    })
}

function exactly(expected: number, predictions: readonly number[]): readonly number[] {
  if (predictions.length === expected) return predictions
  throw new Error(`the model gave ${predictions.length} predictions for ${expected} records`)
}
