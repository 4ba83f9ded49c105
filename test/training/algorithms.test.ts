import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Algorithm } from '../../pipeline/algorithm.ts'
import { split } from '../../pipeline/data/split.ts'
import { fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { loadParams } from '../../pipeline/params.ts'
import { evaluateDirectly } from '../../pipeline/predicting/evaluator.ts'
import { features, naive } from '../../pipeline/task/features.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { fitLinear, predictLinear } from '../../pipeline/training/algorithms/linear.ts'
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
