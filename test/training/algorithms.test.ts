import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Algorithm, Initializer } from '../../pipeline/algorithm.ts'
import { split } from '../../pipeline/data/split.ts'
import { fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { loadParams } from '../../pipeline/params.ts'
import { evaluateDirectly } from '../../pipeline/predicting/evaluator.ts'
import { createForward } from '../../pipeline/predicting/forward.ts'
import { readNetwork } from '../../pipeline/predicting/network.ts'
import { random } from '../../pipeline/random.ts'
import { features, naive } from '../../pipeline/task/features.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { build, link } from '../../pipeline/task/model.ts'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { useBackend } from '../../pipeline/tensorflow.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { fitLinear, predictLinear } from '../../pipeline/training/algorithms/linear.ts'
import { wideAndDeep } from '../../pipeline/training/algorithms/wide-and-deep.ts'
import { makeBundle } from '../../pipeline/training/make-bundle.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from '../task/sample-folder.ts'

const sample = folderWith(sampleFiles)
const out = mkdtempSync(join(tmpdir(), 'mergeline-algorithms-'))
after(() => {
  sample[Symbol.dispose]()
  rmSync(out, { recursive: true })
})
const { train } = loadParams(join(import.meta.dirname, '../..'))
const made = async (algorithm: Algorithm, name: string, seed = 1) => {
  const dir = join(out, name)
  return { ...(await makeBundle(join(sample.root, 'data'), { ...train, algorithm, seed }, dir, () => {})), dir }
}

for (const algorithm of ['ridge', 'seasonal_naive'] as const) {
  test(`${algorithm}: the same data give the same digest, and servers compute the bundle directly`, async () => {
    const [one, other] = [await made(algorithm, `${algorithm}-1`), await made(algorithm, `${algorithm}-2`, 2)]
    assert.equal(one.digest, other.digest)
    assert.deepEqual(one.epochs, [])
    const bundle = await loadBundle(one.dir, { evaluator: evaluateDirectly })
    assert.equal(bundle.backend, 'direct')
    assert.equal(bundle.manifest.algorithm, algorithm)
    const predictions = bundle.predict(bundle.golden.map(({ record }) => record))
    bundle.golden.forEach(({ record, prediction }, index) => {
      const direct = predictions[index] as number
      assert.ok(Math.abs(direct - prediction) <= 1e-5 * prediction, `${direct} ${prediction}`)
      if (algorithm === 'seasonal_naive') assert.ok(Math.abs(direct - naive(record)) < 1e-3, `${direct}`)
    })
    bundle.dispose()
  })
}

test('wide and deep: what is linear is found whatever its size, and the chain of layers predicts what the two parts do', async () => {
  const next = random(1)
  const rows = Array.from({ length: 600 }, () => Float32Array.from({ length: 3 }, () => next() * 2 - 1))
  const truth = ([a = 0, b = 0, c = 0]: Float32Array) => 3 + 2 * a - b + 0.5 * Math.abs(c)
  const data = { rows, targets: rows.map((row) => link.fromModel(truth(row))) }
  const params = {
    ...train,
    network: { hidden: [6, 4], initializer: 'he_normal' as const, learning_rate: 0.02, l2: 0 },
    epochs: 25,
    batch_size: 8,
    seed: 4,
  }
  await useBackend('cpu')
  const { model, epochs } = await wideAndDeep(data, { validation: data, onEpoch: () => {} }, params)
  const network = readNetwork(model)
  assert.ok(typeof network !== 'string', String(network))
  const predicted = createForward(network)(rows)
  const error = rows.reduce((sum, row, index) => sum + Math.abs((predicted[index] as number) - truth(row)), 0) / 600
  assert.ok(error < 0.05, String(error))
  // In units, as training measured it on its own two parts at its best epoch.
  const units = Array.from(predicted, (value, index) =>
    Math.abs(link.fromModel(value) - (data.targets[index] as number)),
  )
  const best = Math.min(...epochs.map(({ validationError }) => validationError))
  assert.ok(Math.abs(units.reduce((sum, value) => sum + value, 0) / 600 - best) < 1e-4 * best)
  model.dispose()
})

test('the ridge model in a bundle predicts what the closed form says', async () => {
  const { dir } = await made('ridge', 'closed')
  const { train: examples } = split(await ingest(join(sample.root, 'data')), train.split)
  const fitted = fitFeatures(
    features,
    examples.map(({ record }) => record),
  )
  const rowOf = (record: TaskRecord) => transformRecord(features, fitted, record)
  const targets = examples.map(({ target }) => Math.log1p(target))
  const linear = fitLinear(
    examples.map(({ record }) => rowOf(record)),
    targets,
    train.ridge.penalty,
  )
  const bundle = await loadBundle(dir)
  for (const { record, prediction } of bundle.golden) {
    const expected = Math.expm1(predictLinear(linear, rowOf(record)))
    assert.ok(Math.abs(prediction - expected) <= 1e-4 * expected, `${prediction} ${expected}`)
  }
  bundle.dispose()
})

test('first weights are of the kind that params.yaml names', async () => {
  await useBackend('cpu')
  const first = (initializer: Initializer) => {
    const model = build(12, { ...train.network, hidden: [24], initializer }, 1)
    const [kernel] = model.getWeights()
    const values = Array.from(kernel?.dataSync() ?? [])
    model.dispose()
    return { values, variance: values.reduce((sum, value) => sum + value ** 2, 0) / values.length }
  }
  const [he, glorot] = [first('he_normal'), first('glorot_uniform')]
  assert.ok(glorot.values.every((value) => Math.abs(value) <= Math.sqrt(6 / (12 + 24))))
  assert.ok(Math.abs(glorot.variance / (2 / (12 + 24)) - 1) < 0.2, `${glorot.variance}`)
  assert.ok(Math.abs(he.variance / (2 / 12) - 1) < 0.3, `${he.variance}`)
})
