// The backend native, made here of the library in PyPI's TensorFlow: it computes as the others do, trains to one digest, and serves.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { execa } from 'execa'
import fc from 'fast-check'
import { untrainedBundle } from '../../bench/bundle.ts'
import { loadParams } from '../../pipeline/params.ts'
import { recordSchema, type TaskRecord } from '../../pipeline/task/record.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { fingerprint } from '../../pipeline/tracking/fingerprint.ts'
import { makeBundle } from '../../pipeline/training/make-bundle.ts'
import { folderWith } from '../data/folder.ts'
import { freePort } from '../free-port.ts'
import { recordsOf } from '../serve/any-record.ts'
import { apiKey, temporaryFolder } from '../serve/helper.ts'
import { ready, setUp, start } from '../serve/process.ts'
import { sampleFiles } from '../task/sample-folder.ts'
import { lossesOf, networks } from '../training/layers.ts'

const root = join(import.meta.dirname, '../..')
const params = loadParams(root).train
const make = () => execa(process.execPath, ['setup/run.mjs', 'native'], { cwd: root })

before(async () => {
  await make()
  assert.equal((await make()).stderr, '', 'made once')
})

test('whatever the record, native predicts what wasm and cpu do, to 1e-5', async () => {
  await using folder = await temporaryFolder()
  await untrainedBundle(folder.path)
  const records = fc.sample(recordsOf(recordSchema), { numRuns: 400, seed: 3 }) as TaskRecord[]
  const predicted = []
  for (const backend of ['native', 'wasm', 'cpu'] as const) {
    const bundle = await loadBundle(folder.path, { backend })
    assert.equal(bundle.backend, backend)
    predicted.push(bundle.predict(records))
    bundle.dispose()
  }
  const [native = [], ...others] = predicted
  for (const other of others)
    other.forEach((value, row) => {
      const got = native[row] as number
      assert.ok(Math.abs(got - value) <= 1e-5 * Math.max(1, Math.abs(value)), `row ${row}: ${got}, not ${value}`)
    })
})

test('native trains to a digest that comes again, of a fingerprint of its own', async () => {
  await using folder = await temporaryFolder()
  using sample = folderWith(sampleFiles)
  const native = { ...params, epochs: 1, backend: 'native' as const }
  const digests = []
  for (const name of ['a', 'b'])
    digests.push((await makeBundle(join(sample.root, 'data'), native, join(folder.path, name), () => {})).digest)
  assert.equal(digests[0], digests[1])
  const prints = [native, { ...native, backend: 'wasm' as const }].map((some) => fingerprint(root, some, 'data'))
  const [own, other] = await Promise.all(prints)
  assert.match(own?.parts.runtime ?? '', / native [0-9a-f]{64}$/)
  assert.notEqual(own?.fingerprint, other?.fingerprint)
})

test('convolutions and embeddings train on native as on cpu', async () => {
  for (const network of Object.keys(networks) as (keyof typeof networks)[]) {
    const [native, cpu] = [await lossesOf(network, 'native'), await lossesOf(network, 'cpu')]
    native.forEach((loss, at) => {
      assert.ok(Math.abs(loss / (cpu[at] as number) - 1) < 1e-2, `${network}, epoch ${at + 1}: ${loss}, not ${cpu[at]}`)
    })
  }
})

test('a server computes by native where it is told to, and says so', async () => {
  await using folder = await temporaryFolder()
  const { env, url } = await setUp(folder.path, await freePort())
  await using server = start('server', { ...env, MERGELINE_BACKEND: 'native' })
  await ready(url)
  const health = (await (await fetch(`${url}/health`, { headers: { authorization: `Bearer ${apiKey}` } })).json()) as {
    readonly backend: string
  }
  assert.equal(health.backend, 'native')
  assert.match(server.output() + server.errors(), /computed by native/)
})

test('where native was not made, a server that is told to use it ends with the cure, and a bundle that it trained is computed by wasm', async () => {
  await using folder = await temporaryFolder()
  const addon = 'setup/native/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node'
  await rm(join(root, addon))
  try {
    const { env } = await setUp(folder.path, await freePort())
    await using server = start('server', { ...env, MERGELINE_BACKEND: 'native' })
    assert.notEqual(await server.exited, 0)
    assert.match(server.errors(), /backend native: its library is not here; make it with `npm run native`/)
    const script = `
      import { loadBundle } from '${root}/pipeline/tracking/bundle.ts'
      process.stdout.write((await loadBundle(process.argv[1])).backend)`
    const bundle = join(folder.path, 'trained')
    await untrainedBundle(bundle, { backend: 'native' })
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script, bundle])
    assert.equal(stdout, 'wasm')
  } finally {
    await make()
  }
})
