import { normal } from '../../pipeline/data/sample/normal.ts'
import { random } from '../../pipeline/random.ts'

/** What everybody trains: rows of features, the targets that the network learns, and how. */
export type Task = {
  readonly name: string
  readonly rows: readonly Float32Array[]
  readonly targets: readonly number[]
  readonly hidden: readonly number[]
  readonly epochs: number
  readonly batch: number
  /** At the beginning; it falls to 0 by half a cosine. */
  readonly rate: number
}

/** CPU seconds of the whole fit, all threads and all compilation in them, and the mean squared error over the batches of the last epoch. */
export type Trained = { readonly cpu: number; readonly loss: number }

const inputs = 16
const noise = 0.1

/** A smooth function of 16 features with noise of variance 0.01, which is the least loss to be had on new records. */
export function makeTask(hidden: readonly number[], records: number, epochs: number): Task {
  const next = random(1)
  const rows = Array.from({ length: records }, () => Float32Array.from({ length: inputs }, () => normal(next)))
  const targets = rows.map(
    ([a = 0, b = 0, c = 0, d = 0]) => 3 + Math.sin(a) + 0.5 * b * c + 0.2 * d + noise * normal(next),
  )
  const name = `${[inputs, ...hidden, 1].join('-')}, ${records} records, ${epochs} epochs`
  return { name, rows, targets, hidden, epochs, batch: 64, rate: 0.005 }
}
