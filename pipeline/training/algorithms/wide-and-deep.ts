import type { Params } from '../../params.ts'
import { initializer, layers, tf } from '../../tensorflow.ts'
import { fit } from '../fit.ts'
import { levelOf } from '../level.ts'
import type { Fit } from './algorithm.ts'

type Weights = { readonly kernel: readonly (readonly number[])[]; readonly bias: readonly number[] }

/**
 * A linear model and a perceptron, added and trained as one (Cheng et al. 2016, "Wide & Deep Learning for Recommender Systems"): the wide part keeps what is linear, the deep part
 * learns the rest. `network` says what the deep part is. What comes out is a chain of layers again, equal to it, so that all that knows perceptrons knows it.
 */
export const wideAndDeep: Fit = async (train, until, params) => {
  const inputs = train.rows[0]?.length ?? 0
  const { network, seed } = params
  const input = layers.input({ shape: [inputs] })
  const hidden = network.hidden.map((units, index) =>
    layers.layers.dense({
      name: `hidden_${index + 1}`,
      units,
      activation: 'relu',
      kernelInitializer: initializer(network.initializer, seed + index),
      ...penalty(network),
    }),
  )
  const deep = layers.layers.dense({
    name: 'deep',
    units: 1,
    kernelInitializer: layers.initializers.glorotNormal({ seed: seed + hidden.length }),
    // As the perceptron's, in pipeline/task/model.ts.
    biasInitializer: layers.initializers.constant({ value: levelOf(train.targets) }),
  })
  const wide = layers.layers.dense({ name: 'wide', units: 1, useBias: false, kernelInitializer: 'zeros' })
  const last = hidden.reduce((before, layer) => layer.apply(before) as typeof input, input)
  const sum = layers.layers.add().apply([wide.apply(input), deep.apply(last)] as (typeof input)[])
  const joint = layers.model({ inputs: input, outputs: sum as typeof input, name: 'joint' })
  const took = await fit(joint, train, until, params)
  const model = asChain(hidden.map(weightsOf), weightsOf(deep), weightsOf(wide).kernel)
  joint.dispose()
  return { model, ...took }
}

const penalty = ({ l2 }: Params['train']['network']) =>
  l2 > 0 ? { kernelRegularizer: layers.regularizers.l2({ l2 }) } : {}

function weightsOf(layer: layers.layers.Layer): Weights {
  const [kernel, bias] = layer.getWeights().map((tensor) => tensor.arraySync())
  return { kernel: kernel as number[][], bias: (bias ?? []) as number[] }
}

/** Two more units a hidden layer carry the wide part past the rectifiers, for x = relu(x) − relu(−x); the last layer puts it together again. */
function asChain(hidden: readonly Weights[], deep: Weights, wide: Weights['kernel']): layers.Sequential {
  const model = layers.sequential({ name: 'wide_and_deep' })
  hidden.forEach(({ kernel, bias }, index) => {
    const carried =
      index === 0
        ? kernel.map((row, input) => [...row, wide[input]?.[0] ?? 0, -(wide[input]?.[0] ?? 0)])
        : [...kernel.map((row) => [...row, 0, 0]), unit(bias.length, 0), unit(bias.length, 1)]
    add(model, `hidden_${index + 1}`, { kernel: carried, bias: [...bias, 0, 0] }, 'relu')
  })
  add(model, 'prediction', { kernel: [...deep.kernel, [1], [-1]], bias: deep.bias }, 'linear')
  return model
}

const unit = (before: number, which: 0 | 1): number[] => [
  ...new Array<number>(before).fill(0),
  which === 0 ? 1 : 0,
  which === 1 ? 1 : 0,
]

function add(model: layers.Sequential, name: string, { kernel, bias }: Weights, activation: 'relu' | 'linear'): void {
  const first = model.layers.length === 0 ? { inputShape: [kernel.length] } : {}
  const layer = layers.layers.dense({ name, units: bias.length, activation, ...first })
  model.add(layer)
  const values = [tf.tensor2d(kernel as number[][]), tf.tensor1d([...bias])]
  layer.setWeights(values)
  tf.dispose(values)
}
