import type { Params } from '../../params.ts'
import type { layers } from '../../tensorflow.ts'

/** Features, row by row, and the target in its own units. */
export type Matrix = { readonly rows: readonly Float32Array[]; readonly targets: readonly number[] }

export type Epoch = {
  readonly epoch: number
  /** Mean loss over the epoch's batches, on the link's scale. */
  readonly loss: number
  /** Mean error on validation records, by `stopping`. */
  readonly validationError: number
}

/** What was fitted: a network from features to one number on the link's scale, whatever it was fitted by, so that every server can predict with it. */
export type Fitted = {
  readonly model: layers.LayersModel
  /** None where nothing is iterated. */
  readonly epochs: readonly Epoch[]
}

/** Training records → a model. Validation records may decide when it stops, and nothing else. The same data and `params`, with its seed, give the same weights. */
export type Fit = (
  train: Matrix,
  validation: Matrix,
  params: Params['train'],
  onEpoch: (epoch: Epoch) => void,
) => Promise<Fitted>
