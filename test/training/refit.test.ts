import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Algorithm, algorithms } from '../../pipeline/algorithm.ts'
import { split } from '../../pipeline/data/split.ts'
import { fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import { features } from '../../pipeline/task/features.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { link } from '../../pipeline/task/model.ts'
import type { TaskRecord } from '../../pipeline/task/record.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { bundleFiles, judgedFiles, verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { fitLinear, predictLinear } from '../../pipeline/training/algorithms/linear.ts'
import { makeBundle } from '../../pipeline/training/make-bundle.ts'
import { createLoader } from '../../serve/load-model.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from '../task/sample-folder.ts'

const root = join(import.meta.dirname, '../..')
// The sample's last months are enough, and quick to learn.
const late = (text: string) =>
  text
    .split('\n')
    .filter((line, index) => index === 0 || line >= '2023-03')
    .join('\n')
const sample = folderWith(Object.fromEntries(Object.entries(sampleFiles).map(([path, text]) => [path, late(text)])))
const data = join(sample.root, 'data')
const out = mkdtempSync(join(tmpdir(), 'mergeline-refit-'))
after(() => {
  sample[Symbol.dispose]()
  rmSync(out, { recursive: true })
})
const { refit: _, ...own } = loadParams(root).train
const params = {
  ...own,
  epochs: 5,
  patience: 5,
  network: { ...own.network, hidden: [8], learning_rate: 0.05, l2: 0 },
  split: { validation_days: 60, test_days: 60 },
}
let made = 0
async function bundleOf(change: Partial<Params['train']>) {
  const dir = join(out, `${++made}`)
  return { dir, ...(await makeBundle(data, { ...params, ...change }, dir, () => {})) }
}
const bytes = (dir: string, file: string) => readFileSync(join(dir, file))
const json = (dir: string, file: string) => JSON.parse(bytes(dir, file).toString('utf8'))

for (const algorithm of algorithms) {
  test(`${algorithm}: what is judged is what is made without a refit, bit for bit; what is served has learnt from all records`, async () => {
    const [none, all, again] = [
      await bundleOf({ algorithm }),
      await bundleOf({ algorithm, refit: 'all' }),
      await bundleOf({ algorithm, refit: 'all' }),
    ]
    assert.equal(again.digest, all.digest)
    assert.notEqual(all.digest, none.digest)
    assert.deepEqual(all.epochs, none.epochs)
    for (const file of ['weights.bin', 'features.json'])
      assert.deepEqual(bytes(all.dir, `judged-${file}`), bytes(none.dir, file), file)
    assert.deepEqual(json(all.dir, 'profile.json').interval, json(none.dir, 'profile.json').interval)

    const { manifest } = await verifyBundle(all.dir)
    const best = none.epochs.reduce((least, epoch) => (epoch.validationError < least.validationError ? epoch : least), {
      epoch: 0,
      validationError: Number.POSITIVE_INFINITY,
    })
    const more = none.records.validation + none.records.test
    assert.deepEqual(manifest.refit, { on: 'all', until: '2023-12-31', more, epochs: best.epoch })
    assert.equal(all.refitEpochs, best.epoch)
    assert.deepEqual(manifest.window, (await verifyBundle(none.dir)).manifest.window)

    const records = split(await ingest(data), params.split).test.map(({ record }) => record)
    const [before, judged, served] = [
      await loadBundle(none.dir),
      await loadBundle(all.dir, { which: 'judged' }),
      await loadBundle(all.dir),
    ]
    assert.deepEqual(judged.predict(records), before.predict(records))
    const golden = served.golden.map(({ record }) => record)
    const expected = served.golden.map(({ prediction }) => prediction)
    assert.deepEqual(served.predict(golden), expected)
    // A server proves that it serves the golden records as it loads.
    const serve = createLoader({ MERGELINE_BACKEND: 'direct' }, () => {})
    const server = await serve(all.dir)
    server.predict(golden).forEach((value, index) => {
      assert.ok(Math.abs(value - (expected[index] as number)) <= 1e-5 * value, `${value}`)
    })
    if (learns(algorithm)) {
      assert.notDeepEqual(bytes(all.dir, 'weights.bin'), bytes(none.dir, 'weights.bin'))
      assert.notDeepEqual(bytes(all.dir, 'features.json'), bytes(none.dir, 'features.json'))
      assert.notDeepEqual(expected, judged.predict(golden))
    }
    for (const loaded of [before, judged, served, server]) loaded.dispose()
  })
}

const learns = (algorithm: Algorithm) => algorithm !== 'seasonal_naive'

test('what is served is the closed form of all records, to the last', async () => {
  const { dir } = await bundleOf({ algorithm: 'ridge', refit: 'all' })
  const examples = await ingest(data)
  const fitted = fitFeatures(
    features,
    examples.map(({ record }) => record),
  )
  const rowOf = (record: TaskRecord) => transformRecord(features, fitted, record)
  const linear = fitLinear(
    examples.map(({ record }) => rowOf(record)),
    examples.map(({ target }) => link.toModel(target)),
    params.ridge.penalty,
  )
  const bundle = await loadBundle(dir)
  for (const { record, prediction } of bundle.golden) {
    const expected = link.fromModel(predictLinear(linear, rowOf(record)))
    assert.ok(Math.abs(prediction - expected) <= 1e-4 * expected, `${prediction} ${expected}`)
  }
  bundle.dispose()
})

test('`none` is as if the key were not there, and nothing is beside the model', async () => {
  const [none, without] = [
    await bundleOf({ algorithm: 'ridge', refit: 'none' }),
    await bundleOf({ algorithm: 'ridge' }),
  ]
  assert.equal(none.digest, without.digest)
  assert.deepEqual(readdirSync(none.dir).toSorted(), [...bundleFiles, 'manifest.json'].toSorted())
})

test('killed between the fit and the refit, it has written nothing; run again, it ends as if it had not been', async () => {
  const [folder, bundle] = [join(out, 'killed'), join(out, 'killed', 'bundle')]
  mkdirSync(folder)
  const wanted = { ...params, refit: 'all' } as const
  const script = `import { makeBundle } from './pipeline/training/make-bundle.ts'
    const [data, params, bundle] = JSON.parse(process.argv[1])
    await makeBundle(data, params, bundle, () => {}, (pass) => {
      process.stdout.write('refit')
      if (pass.epoch === 1) process.kill(process.pid, 'SIGSTOP')
    })`
  const args = ['--input-type=module', '-e', script, JSON.stringify([data, wanted, bundle])]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  assert.equal(String(said), 'refit')
  assert.deepEqual(readdirSync(folder), [])
  child.kill('SIGKILL')
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
  assert.deepEqual(readdirSync(folder), [])
  const { digest } = await makeBundle(data, wanted, bundle, () => {})
  assert.equal(digest, (await bundleOf({ refit: 'all' })).digest)
  assert.deepEqual(readdirSync(folder), ['bundle'])
  assert.deepEqual(readdirSync(bundle).toSorted(), [...bundleFiles, ...judgedFiles, 'manifest.json'].toSorted())
})
