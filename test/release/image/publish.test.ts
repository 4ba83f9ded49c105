import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { untrainedBundle } from '../../../bench/bundle.ts'
import { serverFingerprint } from '../../../pipeline/release/image/fingerprint.ts'
import { publishImage } from '../../../pipeline/release/image/publish.ts'
import { digestOf, startStandInRegistry } from './stand-in-registry.ts'

const repositoryRoot = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-publish-'))
const path = process.env['PATH']
after(() => {
  process.env['PATH'] = path
  rmSync(dir, { recursive: true })
})
/** A tree whose server imports nothing: what takes the time of a build are its packages. */
const root = join(dir, 'tree')
for (const part of ['pipeline', 'serve/Dockerfile', 'serve/page/assets'])
  cpSync(join(repositoryRoot, part), join(root, part), { recursive: true })
writeFileSync(join(root, 'serve/server.ts'), 'export {}\n')
mkdirSync(join(root, 'node_modules'))
for (const lock of ['package-lock.json', 'node_modules/.package-lock.json'])
  writeFileSync(join(root, lock), '{"packages":{}}')

const bundle = join(dir, 'bundle')
const digest = await untrainedBundle(bundle)
const base = 'base.example/node:24'
const { fingerprint } = await serverFingerprint(root, base)
const repository = 'acme/sales'
const tag = `${digest.slice(7, 19)}-${fingerprint.slice(7, 19)}`
const layers = [digestOf('base'), digestOf('bundle')]
const labels = {
  'dev.mergeline.model.digest': digest,
  'dev.mergeline.model.fingerprint': 'unknown',
  'dev.mergeline.server.fingerprint': fingerprint,
}

let times = 0
/** Puts a `docker` on the path that says what it should, and keeps what it was told. */
function docker({ pushes = '', fails = '' }: { readonly pushes?: string; readonly fails?: string } = {}) {
  const bin = join(dir, `bin ${times++}`)
  mkdirSync(bin)
  const inspected = JSON.stringify({ Id: 'sha256:0a', Size: 3e8, RootFS: { Layers: layers } })
  const script = `#!/bin/sh
echo "$BUILDX_NO_DEFAULT_ATTESTATIONS $@" >>'${bin}/calls'
case "$1" in
  build) ${fails || ':'} ;;
  image) echo '${inspected}' ;;
  push) printf 'The push refers to repository\\n1: Pushed\\n${tag}: digest: ${pushes} size: 1\\n' ;;
esac`
  writeFileSync(join(bin, 'docker'), script)
  chmodSync(join(bin, 'docker'), 0o755)
  process.env['PATH'] = `${bin}${delimiter}${path}`
  return { calls: () => readFileSync(join(bin, 'calls'), { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean) }
}

function publish(
  registry: string,
  more: { readonly tag?: string; readonly rebuild?: boolean; readonly login?: boolean } = {},
) {
  const said: string[] = []
  const accounts = more.login ? [join(dir, 'accounts.json')] : []
  const auth = Buffer.from('me:x').toString('base64')
  writeFileSync(join(dir, 'accounts.json'), JSON.stringify({ auths: { [registry]: { auth } } }))
  const name = { registry, repository, ...(more.tag ? { tag: more.tag } : {}) }
  const inputs = { root, bundle, base, name, accounts, builder: 'docker' as const, rebuild: more.rebuild === true }
  return { said, made: publishImage({ ...inputs, log: (line) => said.push(line) }) }
}

test('with Docker, what was pushed is read back by the digest that it told, and gets its other name', async () => {
  await using registry = await startStandInRegistry()
  const pushed = registry.put(repository, [], labels, layers)
  const { calls } = docker({ pushes: pushed })
  const made = await publish(registry.at, { tag: 'latest' }).made
  const place = `${registry.at}/${repository}`
  assert.partialDeepStrictEqual(made, {
    digest,
    fingerprint,
    base,
    reference: `${place}@${pushed}`,
    tags: [`${place}:${tag}`, `${place}:latest`],
    reused: false,
    layers,
    compressed: 200,
  })
  assert.match(calls().join('\n'), new RegExp(`^1 build --tag ${place}:${tag} .*\\n image .*\\n push ${place}:${tag}$`))
  assert.ok(registry.kept.has(`/v2/${repository}/manifests/latest`))
})

test('what the registry has of the same model and server is taken, and no builder asked', async () => {
  await using registry = await startStandInRegistry()
  const there = registry.put(repository, [tag], labels, layers)
  const { calls } = docker()
  const { said, made } = publish(registry.at)
  const { reference, reused, seconds } = await made
  assert.deepEqual([reference, reused, seconds], [`${registry.at}/${repository}@${there}`, true, 0])
  assert.match(said.join('\n'), /reused, .* \(0 s of building\)/)
  assert.deepEqual(calls(), [])
})

for (const label of Object.keys(labels)) {
  test(`what is there under the name with another ${label} is built anew, and said`, async () => {
    await using registry = await startStandInRegistry()
    registry.put(repository, [tag], { ...labels, [label]: 'another' }, layers)
    docker({ pushes: registry.put(repository, [], labels, layers) })
    const { said, made } = publish(registry.at)
    assert.equal((await made).reused, false)
    assert.ok(said.some((line) => line.includes(`is there with another ${label}; it is built anew`)))
  })
}

test('asked to, it builds also what is there', async () => {
  await using registry = await startStandInRegistry()
  const { calls } = docker({ pushes: registry.put(repository, [tag], labels, layers) })
  assert.equal((await publish(registry.at, { rebuild: true }).made).reused, false)
  assert.equal(calls().length, 3)
})

test('a registry that has something else than was pushed, or nothing, is not believed', async () => {
  await using registry = await startStandInRegistry()
  docker({ pushes: digestOf('nothing') })
  await assert.rejects(publish(registry.at).made, /pushed as sha256:\w+, but the registry does not have it/)
  docker({ pushes: registry.put(repository, [], { ...labels, 'dev.mergeline.model.digest': 'another' }, layers) })
  await assert.rejects(publish(registry.at).made, /with another dev\.mergeline\.model\.digest than was pushed/)
  docker({ pushes: registry.put(repository, [], labels, [digestOf('base'), digestOf('theirs')]) })
  await assert.rejects(publish(registry.at).made, /with another layers than was pushed/)
})

test('nobody has logged in: said before anything is built', async () => {
  const challenge = { 'www-authenticate': 'Basic realm="x"' }
  await using registry = await startStandInRegistry(() => ({ status: 401, headers: challenge }))
  const { calls } = docker()
  await assert.rejects(publish(registry.at).made, /401; nobody has logged in: `docker login 127\.0\.0\.1:\d+`/)
  assert.deepEqual(calls(), [])
})

test('who has logged in and may not look may still push: some registries hide what is not there yet', async () => {
  await using registry = await startStandInRegistry((_, { pathname }) =>
    pathname.endsWith(tag) ? { status: 403 } : undefined,
  )
  docker({ pushes: registry.put(repository, [], labels, layers) })
  const { said, made } = publish(registry.at, { login: true })
  assert.equal((await made).reused, false)
  assert.match(said.join('\n'), /nothing to reuse: .* → 403/)
})

test("a builder's last words are shown as text: no command to a runner, no colours", async () => {
  await using registry = await startStandInRegistry()
  docker({ fails: `printf 'one\\n::error::two\\n##[error]three \\033[31mred\\n' >&2; exit 1` })
  await assert.rejects(publish(registry.at).made, (error: Error) => {
    assert.equal(error.message, 'image: docker build failed: \n  | one\n  | ::error::two\n  | ## [error]three �[31mred')
    return true
  })
})
