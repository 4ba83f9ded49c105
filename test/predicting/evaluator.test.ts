import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Backend } from '../../pipeline/backend.ts'
import { evaluateDirectly } from '../../pipeline/predicting/evaluator.ts'
import { random } from '../../pipeline/random.ts'
import { layers, tf, useBackend } from '../../pipeline/tensorflow.ts'
import { flatten } from '../../pipeline/tracking/bundle.ts'
import { repetitions } from '../repetitions.ts'

const inputs = 7
const make = layers.layers
const known = ['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid'] as const
const more = ['softplus', 'softsign', 'tanh', 'swish', 'mish', 'softmax'] as const
type Kind = { readonly name: string; readonly make: () => layers.layers.Layer }
const kinds: readonly Kind[] = [
  ...[...known, ...more].flatMap((name) => [
    { name: `dense, ${name}`, make: () => make.dense({ units: 5, activation: name as 'relu' }) },
    { name, make: () => make.activation({ activation: name as 'relu' }) },
  ]),
  { name: 'dense without bias', make: () => make.dense({ units: 9, useBias: false }) },
  { name: 'dropout', make: () => make.dropout({ rate: 0.5 }) },
  { name: 'Gaussian noise', make: () => make.gaussianNoise({ stddev: 1 }) },
  { name: 'batch normalisation', make: () => make.batchNormalization() },
  {
    name: 'batch normalisation without scale',
    make: () => make.batchNormalization({ scale: false, epsilon: 0.1 }),
  },
  { name: 'batch normalisation without centre', make: () => make.batchNormalization({ center: false }) },
  { name: 'ReLU', make: () => make.reLU({ maxValue: 2 }) },
  { name: 'leaky ReLU', make: () => make.leakyReLU({ alpha: 0.2 }) },
  { name: 'ELU', make: () => make.elu() },
]

/** A network of these layers with weights like those of a trained one, drawn from `seed`. */
function networkOf(chain: readonly Kind[], seed: number): layers.LayersModel {
  const model = layers.sequential()
  model.add(make.inputLayer({ inputShape: [inputs] }))
  for (const kind of chain) model.add(kind.make())
  model.add(make.dense({ units: 1 }))
  const next = random(seed)
  const drawn = model.getWeights().map((weight, at) => {
    // Variances are never below 0.
    const least = /variance/.test(model.weights[at]?.name ?? '') ? 0.1 : -1
    const values = Float32Array.from({ length: weight.size }, () => least + next() * (1 - least))
    return tf.tensor(values, weight.shape)
  })
  model.setWeights(drawn)
  return model
}

const tensorflow = (model: layers.LayersModel) => (rows: readonly Float32Array[]) =>
  tf.tidy(() =>
    (model.predict(tf.tensor2d(flatten(rows), [rows.length, inputs])) as tf.Tensor).dataSync(),
  ) as Float32Array
const refuse = () => assert.fail('asked TensorFlow.js')
const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b))

const anyKind = fc.constantFrom(...kinds)
const anyValue = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: -4, max: 4, noNaN: true }))
const anyRow = fc.array(anyValue, { minLength: inputs, maxLength: inputs }).map((row) => Float32Array.from(row))

for (const backend of ['cpu', 'wasm'] as const satisfies readonly Backend[]) {
  test(`whatever the layers, weights and rows, the numbers are TensorFlow.js's own (${backend}) to 1e-5`, async () => {
    await useBackend(backend)
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(anyKind, { maxLength: 5 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.array(anyRow, { minLength: 1, maxLength: 6 }),
        (chain, seed, rows) => {
          const model = networkOf(chain, seed)
          const copies = rows.map((row) => row.slice())
          const { backend, evaluate } = evaluateDirectly(model, refuse)
          assert.equal(backend, 'direct')
          const got = evaluate(rows)
          assert.deepEqual(rows, copies)
          const expected = tensorflow(model)(rows)
          model.dispose()
          for (const kind of chain) seen.add(kind.name)
          expected.forEach((value, at) => {
            assert.ok(near(got[at] as number, value), `${chain.map(({ name }) => name)}: ${got[at]}, not ${value}`)
          })
        },
      ),
      { numRuns: repetitions(150), seed: 1 },
    )
    assert.equal(seen.size, kinds.length)
  })
}

test('what is not known is left to TensorFlow.js, and it is told why', () => {
  const unknown: [layers.LayersModel, RegExp][] = [
    [
      networkOf([{ name: '', make: () => make.dense({ units: 2, activation: 'gelu' as 'relu' }) }], 1),
      /activation gelu/,
    ],
    [networkOf([{ name: '', make: () => make.layerNormalization() }], 1), /layer LayerNormalization/],
    [layers.sequential({ layers: [make.dense({ units: 2, inputShape: [inputs] })] }), /one number/],
  ]
  const input = layers.input({ shape: [inputs] })
  const sum = make.add().apply([input, make.dense({ units: inputs }).apply(input) as typeof input]) as typeof input
  const branched = layers.model({ inputs: input, outputs: make.dense({ units: 1 }).apply(sum) as typeof input })
  unknown.push([branched, /topology/])
  const broken = networkOf([], 1)
  broken.setWeights([tf.fill([inputs, 1], Number.NaN), tf.zeros([1])])
  unknown.push([broken, /no finite number/])
  for (const [model, reason] of unknown) {
    const asked: number[] = []
    const { backend, why, evaluate } = evaluateDirectly(model, (rows) => {
      asked.push(rows.length)
      return new Float32Array(rows.length)
    })
    assert.equal(backend, undefined)
    assert.match(String(why), reason)
    evaluate([new Float32Array(inputs)])
    assert.deepEqual(asked, [1])
  }
})

test('batches beyond a size go to TensorFlow.js', () => {
  const model = networkOf([], 1)
  const asked: number[] = []
  const { evaluate } = evaluateDirectly(
    model,
    (rows) => {
      asked.push(rows.length)
      return new Float32Array(rows.length)
    },
    inputs * 3,
  )
  for (const count of [1, 3, 4]) evaluate(Array.from({ length: count }, () => new Float32Array(inputs)))
  assert.deepEqual(asked, [4])
})
