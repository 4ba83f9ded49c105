// What is exported, computed by onnxruntime-node: the same numbers as ours.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { oneHot, weekday } from '../../pipeline/features/categorical.ts'
import { type Features, fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { interaction } from '../../pipeline/features/interaction.ts'
import { decadesSince, flag, movingAverage, numeric } from '../../pipeline/features/numeric.ts'
import { seasonality } from '../../pipeline/features/seasonality.ts'
import { exportOnnx, networkAsOnnx } from '../../pipeline/onnx/export.ts'
import { featureNodes } from '../../pipeline/onnx/features.ts'
import { createGraph } from '../../pipeline/onnx/graph.ts'
import { features } from '../../pipeline/task/features.ts'
import { build } from '../../pipeline/task/model.ts'
import { recordSchema, type TaskRecord, target } from '../../pipeline/task/record.ts'
import { layers, tf, useBackend } from '../../pipeline/tensorflow.ts'
import { loadBundle, writeBundle } from '../../pipeline/tracking/bundle.ts'
import { recordsOf } from '../serve/any-record.ts'
import { temporaryFolder } from '../serve/helper.ts'
import { runOnnx } from './runtime.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
await useBackend('wasm')

const records = fc.sample(recordsOf(recordSchema), { numRuns: 10_000, seed: 1 }) as TaskRecord[]
const fitted = fitFeatures(features, records.slice(0, 1000))
const width = transformRecord(features, fitted, records[0] as TaskRecord).length
const { dense, reshape, conv1d, conv2d, flatten } = layers.layers

/** Throws where one is further off than 1e-5 of what it should be (of 1, where that is less). Tells how far the worst is. */
function near(t: TestContext, got: readonly number[], expected: ArrayLike<number>): void {
  assert.equal(got.length, expected.length)
  let worst = 0
  got.forEach((value, row) => {
    const wanted = expected[row] as number
    const off = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted))
    assert.ok(off <= 1e-5, `row ${row}: ${value}, not ${wanted}`)
    worst = Math.max(worst, off)
  })
  t.diagnostic(`furthest off: ${worst.toExponential(1)}`)
  assert.ok(new Set(got).size > got.length / 100, 'not all the same')
}

async function exported(t: TestContext, name: string, model: layers.LayersModel) {
  const bundle = join(folder.path, name)
  const window = { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' }
  await writeBundle(bundle, {
    manifest: { backend: 'wasm', target: target.name, window },
    model,
    fitted,
    recordSchema,
    profile: { quantiles: [], minimum: 0, maximum: 1, records: 1 },
    golden: records.slice(0, 24).map((record) => ({ record, prediction: 0 })),
    mlmodel: '',
  })
  const { inputs, output } = await exportOnnx(bundle, join(folder.path, `${name}.onnx`))
  assert.deepEqual(inputs.map(({ name }) => name).toSorted(), Object.keys(recordSchema.properties).toSorted())
  const loaded = await loadBundle(bundle)
  const expected = loaded.predict(records)
  loaded.dispose()
  near(t, await runOnnx(output, inputs, records), expected)
}

test('dense layers: 10,000 records, from the record to units of the target', async (t) => {
  await exported(
    t,
    'dense',
    build(width, { hidden: [24, 12], initializer: 'he_normal', learning_rate: 0.01, l2: 0 }, 1),
  )
})

test('convolutions, joins, pooling and normalisation: 10,000 records', async (t) => {
  const input = layers.input({ shape: [width] })
  const seeded = (seed: number) => ({ kernelInitializer: layers.initializers.glorotNormal({ seed }) })
  const apply = (layer: layers.layers.Layer, value: unknown) => layer.apply(value as layers.SymbolicTensor)
  const along = [
    reshape({ targetShape: [width, 1] }),
    conv1d({ filters: 4, kernelSize: 4, padding: 'same', strides: 3, activation: 'elu', ...seeded(1) }),
    conv1d({ filters: 3, kernelSize: 3, dilationRate: 2, activation: 'swish', ...seeded(2) }),
    layers.layers.maxPooling1d({ poolSize: 3, strides: 2, padding: 'same' }),
    flatten(),
  ].reduce<unknown>((value, layer) => apply(layer, value), input)
  const across = [
    dense({ units: 75, activation: 'tanh', ...seeded(3) }),
    reshape({ targetShape: [5, 5, 3] }),
    conv2d({ filters: 6, kernelSize: [3, 2], padding: 'same', strides: 2, activation: 'relu6', ...seeded(4) }),
    layers.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
    layers.layers.batchNormalization(),
    layers.layers.globalAveragePooling2d({}),
  ].reduce<unknown>((value, layer) => apply(layer, value), input)
  const both = apply(layers.layers.concatenate(), [along, across])
  const output = apply(dense({ units: 1, ...seeded(5) }), apply(layers.layers.dropout({ rate: 0.5 }), both))
  await exported(t, 'convolution', layers.model({ inputs: input, outputs: output as layers.SymbolicTensor }))
})

test('embeddings: 10,000 rows of numbers of categories', async (t) => {
  const seed = 1
  const model = layers.sequential()
  const embeddingsInitializer = layers.initializers.randomNormal({ seed })
  model.add(layers.layers.embedding({ inputDim: 50, outputDim: 8, inputLength: 6, embeddingsInitializer }))
  model.add(conv1d({ filters: 5, kernelSize: 3, kernelInitializer: layers.initializers.glorotNormal({ seed }) }))
  model.add(layers.layers.globalMaxPooling1d())
  model.add(dense({ units: 1, kernelInitializer: layers.initializers.glorotNormal({ seed }) }))
  const row = fc.array(fc.integer({ min: 0, max: 49 }), { minLength: 6, maxLength: 6 })
  const rows = fc.sample(row, { numRuns: 10_000, seed: 1 })
  const expected = tf.tidy(() => (model.predict(tf.tensor2d(rows)) as tf.Tensor).dataSync())
  const inputs = [{ name: 'rows', type: 'float' }]
  near(
    t,
    await runOnnx(
      networkAsOnnx(model),
      inputs,
      rows.map((rows) => ({ rows })),
    ),
    expected,
  )
})

test('each kind of feature, and what the caller computes: the very same rows', async () => {
  type Row = (typeof rows)[number]
  const properties = {
    size: { type: 'number', minimum: 0.1, maximum: 900 },
    many: { type: 'integer', minimum: 0, maximum: 40 },
    open: { type: 'boolean' },
    kind: { enum: ['a', 'b', 'ü, ß'] },
    day: { type: 'string', format: 'date' },
    past: { type: 'array', minItems: 9, maxItems: 9, items: { type: 'number', minimum: 0, maximum: 500 } },
  }
  const rows = (fc.sample(recordsOf({ properties }), { numRuns: 10_000, seed: 2 }) as Records[]).map((row) => ({
    ...row,
    // What a caller would compute.
    clipped: Math.min(row.size, 100),
    'day (computed)': `${row.day.slice(0, 8)}01`,
    late: row.many > 20,
    initial: row.kind.toUpperCase(),
    differences: row.past.slice(1).map((value, at) => value - (row.past[at] as number)),
    own: [row.size * row.many, row.many],
  }))
  type Records = { size: number; many: number; open: boolean; kind: string; day: string; past: number[] }
  const kind = oneHot<Row>('kind', (row) => row.kind)
  const size = numeric<Row>('size', (row) => Math.log(row.size))
  const list: Features<Row> = [
    kind,
    size,
    weekday('weekday', (row) => row.day),
    weekday('day', (row) => `${row.day.slice(0, 8)}01`),
    flag('open', (row) => !row.open),
    flag('some', (row) => row.many as unknown as boolean),
    flag('late', (row) => row.many > 20),
    numeric('root', (row) => Math.sqrt(row.many)),
    numeric('area', (row) => row.size * row.size),
    numeric('clipped', (row) => Math.min(row.size, 100)),
    oneHot('initial', (row) => row.kind.toUpperCase()),
    seasonality('season', (row) => row.day, 3),
    decadesSince('decades', (row) => row.day),
    movingAverage('past', (row) => row.past.map(Math.log1p), 4),
    movingAverage('all of it', (row) => row.past, 20),
    movingAverage('differences', (row) => row.past.slice(1).map((value, at) => value - (row.past[at] as number)), 5),
    interaction(
      kind,
      seasonality('season', (row) => row.day, 1),
    ),
    interaction(kind, size),
    {
      name: 'own',
      fit: () => null,
      columns: () => ['one', 'two'],
      transform: (_, row: Row) => [row.size * row.many, row.many],
    },
  ]
  const state = fitFeatures(list, rows.slice(0, 100))
  const schema = { properties, required: Object.keys(properties) }
  const graph = createGraph()
  const { rows: value, inputs } = featureNodes(graph, list, state, schema, rows.slice(0, 24))
  assert.deepEqual(
    inputs.filter(({ computed }) => computed).map(({ name }) => name),
    ['day (computed)', 'late', 'clipped', 'initial', 'differences', 'own'],
  )
  const expected = rows.flatMap((row) => [...transformRecord(list, state, row)])
  const model = graph.model(value, { name: 'rows', type: 'float', width: expected.length / rows.length })
  const got = await runOnnx(model, inputs, rows)
  assert.equal(got.length, expected.length)
  const worst = got.reduce((most, one, at) => Math.max(most, Math.abs(one - (expected[at] as number))), 0)
  // One bit of a float32 of some hundreds.
  assert.ok(worst <= 1e-5, `${worst}`)
})
