import { join } from 'node:path'
import { backends as all } from '../pipeline/backend.ts'
import { isNativeHere } from '../pipeline/native.ts'
import { loadParams } from '../pipeline/params.ts'
import { createForward } from '../pipeline/predicting/forward.ts'
import { readNetwork } from '../pipeline/predicting/network.ts'
import { build } from '../pipeline/task/model.ts'
import { type layers, tf, useBackend } from '../pipeline/tensorflow.ts'
import { flatten } from '../pipeline/tracking/bundle.ts'
import type { Bench } from './benches.ts'
import { rounded } from './measure.ts'

const inputs = 25

/** What computes a network in how much CPU, by its size and the batch's: advice for `MERGELINE_BACKEND` and `train.backend`. */
export const backends: Bench = {
  describe: 'CPU per row of direct, wasm, cpu and native, by network and batch; advises which to set',
  async run({ quick, say }) {
    const { network } = loadParams(join(import.meta.dirname, '..')).train
    const shapes = [network.hidden, [64, 32], [256, 256], [512, 512, 512]]
    const rows: Row[] = []
    for (const hidden of quick ? shapes.slice(0, 1) : shapes)
      for (const batch of quick ? [1, 32] : [1, 4, 16, 64, 256, 1024]) {
        say(`${hidden.join('-')}, batches of ${batch}`)
        rows.push({ hidden, batch, micros: await measured({ ...network, hidden }, batch, quick ? 0.05 : 0.4) })
      }
    const [alone] = rows
    const training = rows.find(({ hidden, batch }) => hidden === shapes[0] && batch >= 16)
    return {
      title: `CPU µs per row, ${inputs} features, network of hidden layers`,
      rows: rows.map(({ hidden, batch, micros }) => ({
        ...{ network: hidden.join('-'), batch, multiplications: batch * multiplicationsOf(hidden) },
        ...Object.fromEntries(Object.entries(micros).map(([name, value]) => [name, rounded(value, 2)])),
        fastest: fastest(micros),
      })),
      notes: [
        `Advice for the network of params.yaml: MERGELINE_BACKEND=${alone ? fastest(alone.micros) : ''} (a request has one record, or few)${training ? `; in batches of ${training.batch}, as in training, without direct: ${fastest({ ...training.micros, direct: Infinity })}` : ''}.`,
        'direct leaves batches of more than 100,000 multiplications to the backend that trained the model.',
        ...(isNativeHere() ? [] : ['native is not here, so it is not measured: `npm run native` makes it.']),
      ],
    }
  },
}

type Row = {
  readonly hidden: readonly number[]
  readonly batch: number
  readonly micros: { readonly [backend: string]: number }
}

async function measured(network: Parameters<typeof build>[1], batch: number, seconds: number): Promise<Row['micros']> {
  const made: { [backend: string]: number } = {}
  const rows = Array.from({ length: batch }, (_, row) =>
    Float32Array.from({ length: inputs }, (_, at) => (at % 3 === 0 ? 0 : Math.sin(row + at))),
  )
  for (const backend of all.filter((name) => name !== 'native' || isNativeHere())) {
    await useBackend(backend)
    const model = build(inputs, network, 1)
    if (made['direct'] === undefined) {
      const read = readNetwork(model)
      if (typeof read === 'string') throw new Error(`backends: ${read}`)
      const forward = createForward(read)
      made['direct'] = cpuPerCall(() => forward(rows), seconds) / batch
    }
    made[backend] = cpuPerCall(() => evaluate(model, rows), seconds) / batch
    model.dispose()
  }
  return made
}

const evaluate = (model: layers.LayersModel, rows: readonly Float32Array[]) =>
  tf.tidy(() => (model.predict(tf.tensor2d(flatten(rows), [rows.length, inputs])) as tf.Tensor).dataSync())

/** CPU µs of one call, all threads together, after half as long a time to warm up. */
function cpuPerCall(call: () => unknown, seconds: number): number {
  let calls = 0
  for (const until = performance.now() + seconds * 500; performance.now() < until; ) call()
  const before = process.cpuUsage()
  for (const until = performance.now() + seconds * 1000; performance.now() < until; calls += 1) call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

const fastest = (micros: Row['micros']): string =>
  Object.entries(micros).toSorted(([, a], [, b]) => a - b)[0]?.[0] ?? ''

const multiplicationsOf = (hidden: readonly number[]) =>
  [inputs, ...hidden, 1].reduce(
    (sum, units, at, layers) => (at === 0 ? 0 : sum + units * (layers[at - 1] as number)),
    0,
  )
