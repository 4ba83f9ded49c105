import { InputError } from '../errors.ts'
import { meanOf, type Pair } from '../metric.ts'
import type { Params } from '../params.ts'
import { random, shuffled } from '../random.ts'
import { link, loss } from '../task/model.ts'
import { type layers, tf } from '../tensorflow.ts'
import { flatten, inUnits } from '../tracking/bundle.ts'
import type { Epoch, Matrix } from './algorithms/algorithm.ts'
import { stopping } from './stopping.ts'

/**
 * Trains `model` in place: Adam (Kingma & Ba, 2015) on seeded mini-batches, its step size following half a cosine down to 0 (Loshchilov & Hutter, 2017).
 * After each epoch the validation error is taken, by `stopping`; training stops when it has not improved for `patience` epochs, and the best weights are put back.
 * The same seed, data, backend and architecture give bit-identical weights. Calls `onEpoch` after each epoch.
 */
export async function fit(
  model: layers.LayersModel,
  train: Matrix,
  validation: Matrix,
  params: Params['train'],
  onEpoch: (epoch: Epoch) => void,
): Promise<readonly Epoch[]> {
  const next = random(params.seed)
  const optimizer = tf.train.adam(params.network.learning_rate)
  const inputs = tensorOf(train.rows)
  const targets = tf.tensor1d(link.classes ? [...train.targets] : train.targets.map(link.toModel))
  const unseen = tensorOf(validation.rows)
  const steps = Math.ceil(train.rows.length / params.batch_size)
  const epochs: Epoch[] = []
  let best = { error: Number.POSITIVE_INFINITY, epoch: 0, weights: [] as tf.Tensor[] }
  try {
    for (let epoch = 1; epoch <= params.epochs && epoch - best.epoch <= params.patience; epoch++) {
      const order = shuffled(train.rows.length, next)
      let sum = 0
      for (let step = 0; step < steps; step++) {
        setLearningRate(optimizer, params.network.learning_rate * cosine((epoch - 1 + step / steps) / params.epochs))
        const batch = order.subarray(step * params.batch_size, (step + 1) * params.batch_size)
        sum += tf.tidy(() => trainOnBatch(model, optimizer, tf.gather(inputs, batch), tf.gather(targets, batch)))
      }
      const error = meanOf(stopping.of, judge(model, unseen, validation.targets))
      const result = { epoch, loss: sum / steps, validationError: error }
      if (!(Number.isFinite(result.loss) && Number.isFinite(error))) throw diverged(epoch, params)
      epochs.push(result)
      onEpoch(result)
      if (error < best.error) {
        tf.dispose(best.weights)
        best = { error, epoch, weights: model.getWeights().map((weight) => weight.clone()) }
      }
      // Lets timers and signals run: training would otherwise hold the event loop to its end.
      await new Promise(setImmediate)
    }
    model.setWeights(best.weights)
    return epochs
  } finally {
    tf.dispose([inputs, targets, unseen, ...best.weights])
    optimizer.dispose()
  }
}

function trainOnBatch(
  model: layers.LayersModel,
  optimizer: tf.Optimizer,
  inputs: tf.Tensor,
  targets: tf.Tensor1D,
): number {
  const cost = optimizer.minimize(() => {
    const predicted: tf.Tensor1D = tf.reshape(model.apply(inputs, { training: true }) as tf.Tensor, [-1])
    const penalties = model.calculateLosses()
    return tf.addN([loss(predicted, targets), ...penalties])
  }, true)
  return cost?.dataSync()[0] ?? Number.NaN
}

function judge(model: layers.LayersModel, inputs: tf.Tensor2D, actual: readonly number[]): readonly Pair[] {
  const output = tf.tidy(() => (model.predict(inputs) as tf.Tensor).dataSync() as Float32Array)
  const predictions = inUnits(output)
  return actual.map((value, index) => ({ actual: value, prediction: predictions[index] ?? Number.NaN }))
}

const cosine = (progress: number) => (1 + Math.cos(Math.PI * progress)) / 2

/** Adam's step size is protected in TensorFlow.js's types, though meant to be changed between steps. */
function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  ;(optimizer as unknown as { learningRate: number }).learningRate = rate
}

function tensorOf(rows: readonly Float32Array[]): tf.Tensor2D {
  return tf.tensor2d(flatten(rows), [rows.length, rows[0]?.length ?? 0])
}

/** The loss became infinite: with these settings, nothing can be learnt. */
export class Diverged extends InputError {
  override name = 'Diverged'
}

function diverged(epoch: number, params: Params['train']): Diverged {
  return new Diverged(
    `training: the loss became infinite in epoch ${epoch}; lower train.network.learning_rate in params.yaml (now ${params.network.learning_rate})`,
  )
}
