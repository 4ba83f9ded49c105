import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { exportOnnx, networkAsOnnx } from '../../pipeline/onnx/export.ts'
import { createGraph } from '../../pipeline/onnx/graph.ts'
import { readingOf } from '../../pipeline/onnx/reads.ts'
import { unitNodes } from '../../pipeline/onnx/units.ts'
import { recordSchema, type TaskRecord } from '../../pipeline/task/record.ts'
import { layers, useBackend } from '../../pipeline/tensorflow.ts'
import { temporaryFolder } from '../serve/helper.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
const bundle = join(folder.path, 'bundle')
const digest = await untrainedBundle(bundle)
await useBackend('wasm')

test('the verb writes a model whose inputs are the record’s fields, the same bytes each time', async () => {
  const cli = join(import.meta.dirname, '../../pipeline/cli.ts')
  const file = join(folder.path, 'model.onnx')
  const { stdout } = await execa(process.execPath, [cli, 'export', '--bundle', bundle, '--output', file, '--json'])
  const { inputs, ...told } = JSON.parse(stdout)
  const bytes = readFileSync(file)
  assert.deepEqual(told, { output: file, bytes: bytes.length, digest })
  const fields = Object.keys(recordSchema.properties)
  assert.deepEqual(inputs.map(({ name }: { name: string }) => name).toSorted(), fields.toSorted())
  assert.ok(inputs.every(({ computed }: { computed: boolean }) => !computed))
  assert.ok(bytes.includes(digest), 'it tells whose weights it has')
  const again = join(folder.path, 'again.onnx')
  await exportOnnx(bundle, again)
  assert.ok(readFileSync(again).equals(bytes))
})

test('a layer, an activation or a padding that is not expressed is refused by name', () => {
  const refused = (layer: layers.layers.Layer, expected: RegExp) => {
    const model = layers.sequential({ layers: [layer, layers.layers.flatten(), layers.layers.dense({ units: 1 })] })
    assert.throws(() => networkAsOnnx(model), expected)
    model.dispose()
  }
  const inputShape = [6, 2]
  const { lstm, embedding, conv1d, dense } = layers.layers
  refused(
    lstm({ name: 'memory', units: 2, returnSequences: true, recurrentInitializer: 'zeros', inputShape }),
    /layer memory \(LSTM\).*those are Dense, Conv1D/,
  )
  refused(
    embedding({ name: 'words', inputDim: 3, outputDim: 2, maskZero: true, inputShape: [4] }),
    /layer words .* masks zeros/,
  )
  refused(conv1d({ name: 'past', filters: 1, kernelSize: 2, padding: 'causal', inputShape }), /layer past .*causal/)
  const odd = dense({ name: 'odd', units: 2, inputShape })
  odd.getConfig = () => ({ activation: 'gelu' })
  refused(odd, /layer odd \(Dense\) has the activation gelu/)
})

test('a file of another name, a folder that is no bundle and a link that is not known are refused, and nothing is written', async () => {
  const before = readdirSync(folder.path)
  await assert.rejects(exportOnnx(bundle, join(folder.path, 'model.pb')), /--output must end in \.onnx/)
  await assert.rejects(exportOnnx(folder.path, join(folder.path, 'other.onnx')), /bundle .*(missing|not belong)/)
  const cubeRoots = (values: Float32Array) => [...values].map(Math.cbrt)
  const bounds = { minimum: 0, maximum: 9 }
  assert.throws(() => unitNodes(createGraph(), cubeRoots, bounds, 'x'), /link\.fromModel/)
  assert.deepEqual(readdirSync(folder.path), before)
})

test('what a feature reads is found by asking it, and nothing is found where it is anything else', () => {
  const found = (read: (record: TaskRecord) => unknown) => {
    const reading = readingOf(read, recordSchema, [exampleRecord, exampleRecord])
    return reading && `${reading.through} ${reading.field}`
  }
  assert.equal(
    found((record) => record.temperature_c),
    'identity temperature_c',
  )
  assert.equal(
    found((record) => Math.log1p(record.rain_mm)),
    'log1p rain_mm',
  )
  assert.equal(
    found((record) => record.recent_units_sold.map(Math.sqrt)),
    'sqrt recent_units_sold',
  )
  assert.equal(
    found((record) => !record.holiday),
    'not holiday',
  )
  assert.equal(
    found((record) => record.date),
    'identity date',
  )
  for (const other of [
    (record: TaskRecord) => Math.min(record.temperature_c, 45),
    (record: TaskRecord) => record.temperature_c * 1.8 + 32,
    (record: TaskRecord) => record.temperature_c + record.rain_mm,
    (record: TaskRecord) => record.shop.toUpperCase(),
    (record: TaskRecord) => record.recent_units_sold.toReversed(),
    () => 1,
  ])
    assert.equal(found(other), undefined)
})
