import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'

const remembered = 32

/** What predicting took lately. */
export type Pace = {
  /** One call of the model: so many records in so many ms. */
  observe(records: number, ms: number): void
  /** ms of a record, over the last 32 calls together: one pause of the machine says little, and a model that is quicker in large batches is known by what it does. 0 before the first call. */
  perRecord(): number
}

export function createPace(): Pace {
  const records = new Float64Array(remembered)
  const times = new Float64Array(remembered)
  let calls = 0
  let allRecords = 0
  let allTimes = 0
  return {
    observe(count, ms) {
      const at = calls % remembered
      allRecords += count - (records[at] as number)
      allTimes += ms - (times[at] as number)
      records[at] = count
      times[at] = ms
      calls += 1
    },
    perRecord: () => (allRecords > 0 ? Math.max(0, allTimes) / allRecords : 0),
  }
}

/** The pace of a bundle that has answered nobody yet: what its first golden record takes. */
export function paceOf({ golden, predict }: Pick<LoadedBundle, 'golden' | 'predict'>): Pace {
  const pace = createPace()
  const [first] = golden
  if (!first) return pace
  const began = performance.now()
  try {
    predict([first.record as TaskRecord])
    pace.observe(1, performance.now() - began)
  } catch {
    // Whoever asks it hears of that.
  }
  return pace
}
