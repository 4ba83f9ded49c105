import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { untrainedBundle } from '../../../bench/bundle.ts'
import { buildImage } from '../../../pipeline/release/image/build.ts'
import { base, missing, scratchContainers } from './containers.ts'
import { runServer } from './run.ts'

const root = join(import.meta.dirname, '../../..')
const skip = (await missing()) ?? false

test('an image of a server: the same from the same, small, and it predicts without rights or a disk to write on', {
  skip,
  timeout: 1_200_000,
}, async (t) => {
  await using containers = await scratchContainers()
  const { dir, podman } = containers
  const bundle = join(dir, 'bundle')
  const digest = await untrainedBundle(bundle)
  const modelFingerprint = `sha256:${'f'.repeat(64)}`
  const origin = { title: 'sales', source: 'https://example.org/acme/sales', revision: '1'.repeat(40), licenses: 'MIT' }
  const build = (tag: string, { from = bundle, revision = origin.revision } = {}) => {
    const made = { root, bundle: from, base, modelFingerprint, origin: { ...origin, revision } }
    return buildImage({ ...made, tag: `localhost/${tag}`, builder: 'buildah' })
  }
  const built = await build('server:1')

  await t.test('at most 400 MB', () => {
    t.diagnostic(`size: ${Math.round(built.size / 1e6)} MB in ${built.layers.length} layers`)
    assert.ok(built.size <= 400e6 && built.size > 100e6)
    assert.equal(built.digest, digest)
  })

  await t.test('built again of another commit, the same layers', async () => {
    assert.deepEqual((await build('server:2', { revision: '2'.repeat(40) })).layers, built.layers)
  })

  await t.test('with another model, another last layer, and the same server', async () => {
    const other = join(dir, 'other')
    await untrainedBundle(other, { change: ({ record, prediction }) => ({ record, prediction: prediction + 1 }) })
    const { layers, fingerprint } = await build('server:other', { from: other })
    assert.deepEqual(layers.slice(0, -1), built.layers.slice(0, -1))
    assert.notEqual(layers.at(-1), built.layers.at(-1))
    assert.equal(fingerprint, built.fingerprint)
  })

  await t.test('its labels name model, server and origin', async () => {
    assert.partialDeepStrictEqual(JSON.parse(await podman('inspect', '--format', '{{json .Labels}}', 'server:1')), {
      'dev.mergeline.model.digest': digest,
      'dev.mergeline.model.fingerprint': modelFingerprint,
      'dev.mergeline.server.fingerprint': built.fingerprint,
      'org.opencontainers.image.title': 'sales',
      'org.opencontainers.image.source': 'https://example.org/acme/sales',
      'org.opencontainers.image.revision': '1'.repeat(40),
      'org.opencontainers.image.licenses': 'MIT',
    })
  })

  await t.test('it runs as nobody in particular, may write nowhere, and predicts what it should', async () => {
    await runServer(podman, 'server:1', { dir, bundle, digest })
    await podman('healthcheck', 'run', 'server')
    assert.equal(await podman('exec', 'server', 'id', '-u'), '65532')
    for (const path of ['/x', '/tmp/x', '/app/x'])
      await assert.rejects(podman('exec', 'server', 'touch', path), /Read-only file system/, path)
    await podman('stop', '--time', '15', 'server')
    assert.equal(await podman('inspect', '--format', '{{.State.ExitCode}}', 'server'), '0')
  })
})
