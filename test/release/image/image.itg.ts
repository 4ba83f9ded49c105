import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildImage } from '../../../pipeline/release/image/build.ts'
import { smokeTest } from '../../../pipeline/release/targets/smoke-test.ts'
import { makeBundle } from '../../serve/bundle.ts'
import { apiKey, sha256 } from '../../serve/helper.ts'
import { freePort, ready } from '../../serve/process.ts'
import { base, missing, scratchContainers } from './containers.ts'

const root = join(import.meta.dirname, '../../..')
const skip = (await missing()) ?? false

test('an image of a server: the same from the same, small, and it predicts without rights or a disk to write on', {
  skip,
  timeout: 240_000,
}, async (t) => {
  await using containers = await scratchContainers()
  const { dir, podman } = containers
  const bundle = join(dir, 'bundle')
  const digest = await makeBundle(bundle)
  const modelFingerprint = `sha256:${'f'.repeat(64)}`
  const build = (tag: string, from = bundle) =>
    buildImage({ root, bundle: from, base, tag: `localhost/${tag}`, modelFingerprint, builder: 'buildah' })
  const built = await build('server:1')

  await t.test('at most 400 MB', () => {
    t.diagnostic(`size: ${Math.round(built.size / 1e6)} MB in ${built.layers.length} layers`)
    assert.ok(built.size <= 400e6 && built.size > 100e6)
    assert.equal(built.digest, digest)
  })

  await t.test('built again, the same layers', async () => {
    assert.deepEqual((await build('server:2')).layers, built.layers)
  })

  await t.test('with another model, another last layer, and the same server', async () => {
    const other = join(dir, 'other')
    await makeBundle(other, ({ record, prediction }) => ({ record, prediction: prediction + 1 }))
    const { layers, fingerprint } = await build('server:other', other)
    assert.deepEqual(layers.slice(0, -1), built.layers.slice(0, -1))
    assert.notEqual(layers.at(-1), built.layers.at(-1))
    assert.equal(fingerprint, built.fingerprint)
  })

  await t.test('its labels name model and server', async () => {
    assert.partialDeepStrictEqual(JSON.parse(await podman('inspect', '--format', '{{json .Labels}}', 'server:1')), {
      'dev.mergeline.model.digest': digest,
      'dev.mergeline.model.fingerprint': modelFingerprint,
      'dev.mergeline.server.fingerprint': built.fingerprint,
    })
  })

  await t.test('it runs as nobody in particular, may write nowhere, and predicts what it should', async () => {
    const [port, keys] = [await freePort(), join(dir, 'keys')]
    await writeFile(keys, `${sha256(apiKey)}\n`, { mode: 0o644 })
    const rights = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges']
    // Podman's own defaults may be more than this machine allows its root.
    const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024', '--health-interval=disable']
    const mounted = `--volume=${keys}:/run/secrets/mergeline-api-keys:ro`
    const at = ['--env=MERGELINE_HOST=127.0.0.1', `--env=MERGELINE_PORT=${port}`]
    await podman('run', '--detach', '--name=server', '--network=host', ...rights, ...limits, mounted, ...at, 'server:1')
    const url = `http://127.0.0.1:${port}`
    const told = await ready(url).catch(async (error: Error) =>
      assert.fail(`${error.message}: ${await podman('logs', 'server')}`),
    )
    assert.deepEqual(told, { digest, pid: 1, ready: true })
    assert.equal(await smokeTest({ url, key: apiKey, bundle, digest }), null)
    await podman('healthcheck', 'run', 'server')
    assert.equal(await podman('exec', 'server', 'id', '-u'), '65532')
    for (const path of ['/x', '/tmp/x', '/app/x'])
      await assert.rejects(podman('exec', 'server', 'touch', path), /Read-only file system/, path)
    await podman('stop', '--time', '15', 'server')
    assert.equal(await podman('inspect', '--format', '{{.State.ExitCode}}', 'server'), '0')
  })
})
