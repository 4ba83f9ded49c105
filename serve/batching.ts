import type { TaskRecord } from '../pipeline/task/record.ts'
import { type Pace, recordsInTurn } from './pace.ts'

type Predict = (records: readonly TaskRecord[]) => readonly number[]

/** A request: how many of its records were taken, and the predictions of those before. */
type Waiting = {
  readonly records: readonly TaskRecord[]
  readonly predictions: number[]
  taken: number
  readonly resolve: (predictions: readonly number[]) => void
  readonly reject: (error: unknown) => void
}
/** Records of one request, in one batch. */
type Piece = { readonly of: Waiting; readonly records: readonly TaskRecord[] }

/** How long a batch waits while connections come in, in ms: as long as it may take itself. */
const mostWaitMs = 20

export type BatchOptions = {
  readonly maxRecords: number
  readonly pace: Pace
  /** How many connections have come in. */
  readonly arrivals?: () => number
  readonly onBatch?: (records: number) => void
}

/**
 * Makes a `predict` that answers the requests of one turn of the event loop as one batch: a call of the model costs much more than a row of it.
 * No request waits for a clock: the batch is what the sockets held when the loop came round. A batch has at most `maxRecords` records, and as many as `pace` says
 * can be predicted in 20 ms; the rest, also of one large request, follows in the next turn, so that probes and refusals get through in between. Where connections come in, a batch lets turns pass,
 * for 20 ms at most: libuv accepts one connection a turn (measured: 200 connections, 200 turns), and with 20 ms in each, clients would wait for seconds to be refused. Of a flood that
 * is not taken in at half of the time, the kernel would drop what it cannot keep, and its clients try again later and later.
 */
export function createBatcher(
  predict: Predict,
  { maxRecords, pace, arrivals = () => 0, onBatch = () => {} }: BatchOptions,
): (records: readonly TaskRecord[]) => Promise<readonly number[]> {
  let waiting: Waiting[] = []
  let scheduled = false
  let arrived = 0
  /** When the first turn since the last batch began; what that took itself lets nobody in. */
  let since: number | undefined
  let busySince: number | undefined

  function hop(): void {
    const now = arrivals()
    since ??= performance.now()
    const quiet = now === arrived || performance.now() - since > mostWaitMs
    arrived = now
    if (quiet) turn()
    else setImmediate(hop)
  }

  function turn(): void {
    scheduled = false
    const pieces = take()
    if (waiting.length > 0) schedule()
    const records = pieces.length === 1 ? (pieces[0] as Piece).records : pieces.flatMap((piece) => piece.records)
    onBatch(records.length)
    const began = performance.now()
    let predictions: readonly number[]
    try {
      predictions = exactly(records.length, predict(records))
    } catch (error) {
      // One request's record must not spoil its neighbours' answers.
      if (pieces.length === 1) fail((pieces[0] as Piece).of, error)
      else for (const piece of pieces) alone(piece)
      return
    }
    const ended = performance.now()
    pace.observe(records.length, ended - began, ended - (busySince ?? began))
    busySince = waiting.length > 0 ? ended : undefined
    let from = 0
    for (const { of, records } of pieces) {
      answer(of, predictions.slice(from, from + records.length))
      from += records.length
    }
  }

  function take(): readonly Piece[] {
    let room = recordsInTurn(pace, maxRecords)
    const pieces: Piece[] = []
    let whole = 0
    for (const of of waiting) {
      const records =
        of.taken === 0 && of.records.length <= room ? of.records : of.records.slice(of.taken, of.taken + room)
      of.taken += records.length
      room -= records.length
      pieces.push({ of, records })
      if (of.taken < of.records.length) break
      whole += 1
      if (room === 0) break
    }
    waiting = waiting.slice(whole)
    return pieces
  }

  function alone({ of, records }: Piece): void {
    try {
      answer(of, exactly(records.length, predict(records)))
    } catch (error) {
      fail(of, error)
    }
  }

  function answer({ predictions, records, resolve }: Waiting, more: readonly number[]): void {
    const whole = more.length === records.length
    if (!whole) predictions.push(...more)
    if (whole || predictions.length === records.length) resolve(whole ? more : predictions)
  }

  function fail(of: Waiting, error: unknown): void {
    waiting = waiting.filter((one) => one !== of)
    of.reject(error)
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    arrived = arrivals()
    since = undefined
    setImmediate(hop)
  }

  return (records) =>
    new Promise((resolve, reject) => {
      waiting.push({ records, predictions: [], taken: 0, resolve, reject })
      schedule()
    })
}

function exactly(expected: number, predictions: readonly number[]): readonly number[] {
  if (predictions.length === expected) return predictions
  throw new Error(`the model gave ${predictions.length} predictions for ${expected} records`)
}
