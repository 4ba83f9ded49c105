import assert from 'node:assert/strict'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { untrainedBundle } from '../../../bench/bundle.ts'
import type { PublishedImage } from '../../../pipeline/release/image/publish.ts'
import { base, emptyStorage, missing, scratchContainers } from './containers.ts'
import { startRegistry } from './registry-process.ts'
import { runServer } from './run.ts'

const root = join(import.meta.dirname, '../../..')
const skip = (await missing()) ?? false
const modelFingerprint = `sha256:${'f'.repeat(64)}`
const accept = 'application/vnd.docker.distribution.manifest.v2+json'

test('an image in a registry: pushed once, found again, pulled by digest, and it predicts', {
  skip,
  timeout: 1_200_000,
}, async (t) => {
  await using containers = await scratchContainers()
  const { dir } = containers
  await using registry = await startRegistry(dir)
  const name = `${registry.at}/acme/sales`
  const [bundle, other, sbom] = [join(dir, 'bundle'), join(dir, 'other'), join(dir, 'sbom.json')]
  const digest = await untrainedBundle(bundle)
  const otherDigest = await untrainedBundle(other, {
    change: ({ record, prediction }) => ({ record, prediction: prediction + 1 }),
  })

  const push = async (from: string, to: string, env = {}) => {
    const made = ['--bundle', from, '--base', base, '--fingerprint', modelFingerprint]
    const args = ['pipeline/cli.ts', 'image', ...made, '--push', '--tag', to, '--sbom', sbom, '--json']
    const { stdout, stderr } = await execa(process.execPath, args, { cwd: root, env })
    return { ...(JSON.parse(stdout) as PublishedImage), said: stderr, sbom: await readFile(sbom, 'utf8') }
  }
  const manifest = (tag: string, more: RequestInit = {}) =>
    fetch(`http://${registry.at}/v2/acme/sales/manifests/${tag}`, { headers: { accept }, ...more })
  const contentTag = (model: string, server: string) => `${model.slice(7, 19)}-${server.slice(7, 19)}`

  const first = await push(bundle, `${name}:latest`)
  const tag = contentTag(digest, first.fingerprint)

  await t.test('its reference is the digest that the registry gives for both of its names', async () => {
    assert.equal(first.reused, false)
    assert.deepEqual(first.tags, [`${name}:${tag}`, `${name}:latest`])
    for (const one of [tag, 'latest'])
      assert.equal(`${name}@${(await manifest(one)).headers.get('docker-content-digest')}`, first.reference)
    assert.equal(`${name}@sha256:${JSON.parse(first.sbom).packages[0].checksums[0].checksumValue}`, first.reference)
  })

  await t.test('pushed again, it is the same and nothing is built, also where nothing could be', async () => {
    const bin = join(dir, 'bin')
    await mkdir(bin)
    await symlink((await execa('sh', ['-c', 'command -v git'])).stdout, join(bin, 'git'))
    const { said, sbom, ...again } = await push(bundle, `${name}:latest`, { PATH: bin })
    assert.equal(again.reference, first.reference)
    assert.deepEqual([again.reused, again.seconds], [true, 0])
    assert.match(said, /reused, .* \(0 s of building\)/)
    assert.equal(sbom, first.sbom)
  })

  await t.test('another model has another digest, on the same layers but the last', async () => {
    const { reused, reference, layers, fingerprint } = await push(other, name)
    assert.deepEqual([reused, fingerprint], [false, first.fingerprint])
    assert.notEqual(reference, first.reference)
    assert.deepEqual(layers.slice(0, -1), first.layers.slice(0, -1))
    assert.notEqual(layers.at(-1), first.layers.at(-1))
  })

  await t.test('a name that says it is one model, on an image whose labels say another, is not believed', async () => {
    const theirs = await (await manifest(tag)).text()
    const put = { method: 'PUT', headers: { 'content-type': accept }, body: theirs }
    assert.equal((await manifest(contentTag(otherDigest, first.fingerprint), put)).status, 201)
    const { said, reused, reference } = await push(other, name)
    assert.equal(reused, false)
    assert.notEqual(reference, first.reference)
    assert.match(said, /is there with another dev\.mergeline\.model\.digest; it is built anew/)
  })

  await t.test('pulled by digest where nothing was, it is at most 400 MB, says what it is, and predicts', async (t) => {
    await using clean = await emptyStorage(join(dir, 'clean'))
    await clean.podman('pull', '--quiet', '--tls-verify=false', first.reference)
    const [image] = JSON.parse(await clean.podman('image', 'inspect', first.reference))
    t.diagnostic(`${Math.round(first.compressed / 1e6)} MB to pull, ${Math.round(image.Size / 1e6)} MB unpacked`)
    assert.ok(image.Size <= 400e6 && image.Size > 100e6)
    assert.equal(`sha256:${image.Id}`, first.image)
    const { stdout: head } = await execa('git', ['-C', root, 'rev-parse', 'HEAD'])
    const { 'org.opencontainers.image.revision': revision = '', ...labels } = image.Labels as Record<string, string>
    assert.equal(revision.replace('-dirty', ''), head)
    assert.partialDeepStrictEqual(labels, {
      'dev.mergeline.model.digest': digest,
      'dev.mergeline.model.fingerprint': modelFingerprint,
      'dev.mergeline.server.fingerprint': first.fingerprint,
      'org.opencontainers.image.title': 'ice-cream-sales',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    })
    await runServer(clean.podman, first.reference, { dir, bundle, digest })
  })
})
