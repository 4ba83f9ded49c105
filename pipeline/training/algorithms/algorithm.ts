import type { Params } from '../../params.ts'
import type { layers } from '../../tensorflow.ts'

/** Features, row by row, and the target in its own units. */
export type Matrix = { readonly rows: readonly Float32Array[]; readonly targets: readonly number[] }

/** Once through all records that are learnt from. */
export type Pass = {
  readonly epoch: number
  /** Mean loss over the epoch's batches, on the link's scale. */
  readonly loss: number
}

export type Epoch = Pass & {
  /** Mean error on validation records, by `stopping`. */
  readonly validationError: number
}

/**
 * What ends a training by gradient descent: an error that has stopped falling on records which are not learnt from (then the best epoch's weights are kept), or a number of epochs
 * that was found so.
 */
export type Until =
  | { readonly validation: Matrix; readonly onEpoch: (epoch: Epoch) => void }
  | { readonly epochs: number; readonly onPass: (pass: Pass) => void }

/** What was fitted: a network from features to one number on the link's scale, whatever it was fitted by, so that every server can predict with it. */
export type Fitted = {
  readonly model: layers.LayersModel
} & Took

/** What a training by gradient descent took. */
export type Took = {
  /** With their validation errors; none where nothing is iterated, or none was taken. */
  readonly epochs: readonly Epoch[]
  /** The number of epochs that the weights have seen; 0 where nothing is iterated. */
  readonly kept: number
}

/** Training records → a model; `until` decides when it stops, and nothing else. The same data and `params`, with its seed, give the same weights. */
export type Fit = (train: Matrix, until: Until, params: Params['train']) => Promise<Fitted>
