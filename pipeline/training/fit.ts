import { InputError } from '../errors.ts'
import { meanOf, type Pair } from '../metric.ts'
import type { Params } from '../params.ts'
import { random, shuffled } from '../random.ts'
import { link, loss } from '../task/model.ts'
import { type layers, tf } from '../tensorflow.ts'
import { flatten, inUnits } from '../tracking/bundle.ts'
import type { Epoch, Matrix, Pass, Took, Until } from './algorithms/algorithm.ts'
import { stopping } from './stopping.ts'

/**
 * Trains `model` in place: Adam (Kingma & Ba, 2015) on seeded mini-batches, its step size following half a cosine down to 0 over `params.epochs` (Loshchilov & Hutter, 2017), of
 * which `until` may leave out the last. The same seed, data, backend and architecture give bit-identical weights.
 */
export async function fit(
  model: layers.LayersModel,
  train: Matrix,
  until: Until,
  params: Params['train'],
): Promise<Took> {
  if ('validation' in until) return stopEarly(model, train, until, params)
  for await (const pass of passes(model, train, params)) {
    until.onPass(pass)
    if (pass.epoch === until.epochs) break
  }
  return { epochs: [], kept: until.epochs }
}

/** After each epoch the validation error is taken, by `stopping`; training stops when it has not improved for `patience` epochs, and the best weights are put back. */
async function stopEarly(
  model: layers.LayersModel,
  train: Matrix,
  { validation, onEpoch }: Extract<Until, { validation: Matrix }>,
  params: Params['train'],
): Promise<Took> {
  const unseen = tensorOf(validation.rows)
  const epochs: Epoch[] = []
  let best = { error: Number.POSITIVE_INFINITY, epoch: 0, weights: [] as tf.Tensor[] }
  try {
    for await (const pass of passes(model, train, params)) {
      const error = meanOf(stopping.of, judge(model, unseen, validation.targets))
      if (!Number.isFinite(error)) throw diverged(pass.epoch, params)
      const result = { ...pass, validationError: error }
      epochs.push(result)
      onEpoch(result)
      if (error < best.error) {
        tf.dispose(best.weights)
        best = { error, epoch: pass.epoch, weights: model.getWeights().map((weight) => weight.clone()) }
      }
      if (pass.epoch - best.epoch >= params.patience) break
    }
    model.setWeights(best.weights)
    return { epochs, kept: best.epoch }
  } finally {
    tf.dispose([unseen, ...best.weights])
  }
}

/** One epoch after the other, at most `params.epochs`. */
async function* passes(model: layers.LayersModel, train: Matrix, params: Params['train']): AsyncGenerator<Pass, void> {
  const next = random(params.seed)
  const optimizer = tf.train.adam(params.network.learning_rate)
  const inputs = tensorOf(train.rows)
  const targets = tf.tensor1d(link.classes ? [...train.targets] : train.targets.map(link.toModel))
  const steps = Math.ceil(train.rows.length / params.batch_size)
  try {
    for (let epoch = 1; epoch <= params.epochs; epoch++) {
      const order = shuffled(train.rows.length, next)
      let sum = 0
      for (let step = 0; step < steps; step++) {
        setLearningRate(optimizer, params.network.learning_rate * cosine((epoch - 1 + step / steps) / params.epochs))
        const batch = order.subarray(step * params.batch_size, (step + 1) * params.batch_size)
        sum += tf.tidy(() => trainOnBatch(model, optimizer, tf.gather(inputs, batch), tf.gather(targets, batch)))
      }
      const loss = sum / steps
      if (!Number.isFinite(loss)) throw diverged(epoch, params)
      yield { epoch, loss }
      // Lets timers and signals run: training would otherwise hold the event loop to its end.
      await new Promise(setImmediate)
    }
  } finally {
    tf.dispose([inputs, targets])
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
