import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'

const remembered = 32
const pauses = 1 / 8

/** How long one turn of the event loop may predict, unless one record takes longer: refusals and probes wait for no more than this. */
const turnMs = 20

/** What predicting took lately. */
export type Pace = {
  /** One call of the model: so many records in so many ms; `passed`: ms since the call before, where there always was somebody waiting, else the same. */
  observe(records: number, ms: number, passed?: number): void
  /** ms that the model takes for a record, over the last 32 calls together: one pause of the machine says little, and a model that is quicker in large batches is known by what it does. 0 before the first call. */
  perRecord(): number
  /** ms from one record to the next for who waits: with all that the process does beside it, such as refusing others. Without the longest eighth of those calls: what a pause of the machine held up is done at once after it, and is no reason to refuse. */
  perTurn(): number
}

export function createPace(): Pace {
  const kept = Array.from({ length: remembered }, () => ({ records: 0, ms: 0, passed: 0 }))
  const sum = { records: 0, ms: 0 }
  let calls = 0
  // Asked for by each request of an overload, and changed by each batch of it.
  let turn: number | undefined
  const each = (ms: number, records: number) => (records > 0 ? Math.max(0, ms) / records : 0)
  function usual(): number {
    const known = kept.slice(0, calls).sort((a, b) => a.passed - b.passed)
    let records = 0
    let ms = 0
    for (const call of known.slice(0, Math.ceil(known.length * (1 - pauses)))) {
      records += call.records
      ms += call.passed
    }
    return each(ms, records)
  }
  return {
    observe(records, ms, passed = ms) {
      const old = kept[calls % remembered] ?? { records: 0, ms: 0, passed: 0 }
      sum.records += records - old.records
      sum.ms += ms - old.ms
      kept[calls % remembered] = { records, ms, passed }
      calls += 1
      turn = undefined
    },
    perRecord: () => each(sum.ms, sum.records),
    perTurn() {
      turn ??= usual()
      return turn
    },
  }
}

const tries = 3

/** How many records may be predicted in one turn of the event loop; one at least, and `most` where nothing is known. */
export function recordsInTurn(pace: Pick<Pace, 'perRecord'>, most: number): number {
  const perRecord = pace.perRecord()
  return perRecord > 0 ? Math.max(1, Math.min(most, Math.floor(turnMs / perRecord))) : most
}

/** The pace of a bundle that has answered nobody yet: what its first golden record takes, the quickest of three times, since the first is not like those that come. */
export function paceOf({ golden, predict }: Pick<LoadedBundle, 'golden' | 'predict'>): Pace {
  const pace = createPace()
  const [first] = golden
  if (!first) return pace
  let ms = Number.POSITIVE_INFINITY
  try {
    for (let time = 0; time < tries; time += 1) {
      const began = performance.now()
      predict([first.record as TaskRecord])
      ms = Math.min(ms, performance.now() - began)
    }
    // As often as is remembered: one pause of the machine among the first calls says no more than later.
    for (let call = 0; call < remembered; call += 1) pace.observe(1, ms)
  } catch {
    // Whoever asks it hears of that.
  }
  return pace
}
