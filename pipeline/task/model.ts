import { logarithmic } from '../link.ts'
import type { Params } from '../params.ts'
import { initializer, layers, tf } from '../tensorflow.ts'

/** The scale that models learn on. Shops, weather and season multiply, and there are days without a sale. */
export const link = logarithmic

/**
 * A multilayer perceptron: `inputs` features → hidden layers (ReLU) → one number on the link's scale.
 * Layers are named and initialisers seeded: names and weights must not depend on what else the process has built. The network begins with predictions around `level`, so that no
 * epochs go by, and no weights grow, for what the targets have in common (Karpathy 2019, "A Recipe for Training Neural Networks": init well).
 */
export function build(inputs: number, network: Params['train']['network'], seed: number, level = 0): layers.Sequential {
  const model = layers.sequential({ name: 'perceptron' })
  const regularizer = () => (network.l2 > 0 ? { kernelRegularizer: layers.regularizers.l2({ l2: network.l2 }) } : {})
  network.hidden.forEach((units, index) => {
    model.add(
      layers.layers.dense({
        name: `hidden_${index + 1}`,
        units,
        activation: 'relu',
        kernelInitializer: initializer(network.initializer, seed + index),
        ...regularizer(),
        ...(index === 0 ? { inputShape: [inputs] } : {}),
      }),
    )
  })
  const last = layers.initializers.glorotNormal({ seed: seed + network.hidden.length })
  const biasInitializer = layers.initializers.constant({ value: level })
  model.add(layers.layers.dense({ name: 'prediction', units: 1, kernelInitializer: last, biasInitializer }))
  return model
}

/** The training loss on the link's scale: mean squared error, plus what the layers' regularizers add. */
export const loss = (predicted: tf.Tensor1D, actual: tf.Tensor1D): tf.Scalar =>
  tf.losses.meanSquaredError(actual, predicted)
