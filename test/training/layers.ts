import { join } from 'node:path'
import type { Backend } from '../../pipeline/backend.ts'
import { loadParams } from '../../pipeline/params.ts'
import { random } from '../../pipeline/random.ts'
import { link } from '../../pipeline/task/model.ts'
import { layers, useBackend } from '../../pipeline/tensorflow.ts'
import type { Matrix } from '../../pipeline/training/algorithms/algorithm.ts'
import { fit } from '../../pipeline/training/fit.ts'

const { dense, reshape, conv1d, depthwiseConv2d, embedding, flatten, globalAveragePooling1d } = layers.layers
const seeded = (seed: number) => ({ kernelInitializer: layers.initializers.glorotNormal({ seed }) })

/** Networks of other layers than dense ones, over rows of eight numbers, 0 to 9. */
export const networks = {
  convolution: () =>
    layers.sequential({
      layers: [
        reshape({ targetShape: [8, 1], inputShape: [8] }),
        conv1d({ filters: 6, kernelSize: 3, activation: 'relu', ...seeded(1) }),
        flatten(),
        dense({ units: 1, ...seeded(2) }),
      ],
    }),
  'depthwise convolution': () =>
    layers.sequential({
      layers: [
        reshape({ targetShape: [4, 2, 1], inputShape: [8] }),
        depthwiseConv2d({
          kernelSize: 2,
          depthMultiplier: 4,
          activation: 'relu',
          depthwiseInitializer: layers.initializers.glorotNormal({ seed: 3 }),
        }),
        flatten(),
        dense({ units: 1, ...seeded(4) }),
      ],
    }),
  embedding: () =>
    layers.sequential({
      layers: [
        embedding({
          inputDim: 10,
          outputDim: 4,
          inputLength: 8,
          embeddingsInitializer: layers.initializers.randomNormal({ seed: 5, stddev: 0.1 }),
        }),
        globalAveragePooling1d({}),
        dense({ units: 1, ...seeded(6) }),
      ],
    }),
}

/** Rows of eight whole numbers, 0 to 9, and what each of the networks can learn most of: how many are even, and their sum. */
function examples(records: number): Matrix {
  const next = random(7)
  const rows = Array.from({ length: records }, () => Float32Array.from({ length: 8 }, () => Math.floor(10 * next())))
  const told = (row: Float32Array) => row.reduce((sum, value) => sum + value / 20 + (value % 2 === 0 ? 0.1 : 0), 0)
  return { rows, targets: rows.map((row) => link.fromModel(told(row))) }
}

/** The loss of each epoch of a training of the network on the backend. */
export async function lossesOf(network: keyof typeof networks, backend: Backend): Promise<readonly number[]> {
  await useBackend(backend)
  const train = loadParams(join(import.meta.dirname, '../..')).train
  const params = { ...train, backend, epochs: 8, batch_size: 16, network: { ...train.network, learning_rate: 0.02 } }
  const model = networks[network]()
  const losses: number[] = []
  await fit(model, examples(400), { epochs: 8, onPass: ({ loss }) => losses.push(loss) }, params)
  model.dispose()
  return losses
}
