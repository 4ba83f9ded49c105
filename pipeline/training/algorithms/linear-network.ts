import { layers, tf } from '../../tensorflow.ts'
import type { Linear } from './linear.ts'

/** A linear model as a network of one layer. */
export function linearNetwork(name: string, { weights, intercept }: Linear): layers.Sequential {
  const model = layers.sequential({ name })
  model.add(layers.layers.dense({ name: 'prediction', units: 1, inputShape: [weights.length] }))
  const values = [tf.tensor2d([...weights], [weights.length, 1]), tf.tensor1d([intercept])]
  model.setWeights(values)
  tf.dispose(values)
  return model
}
