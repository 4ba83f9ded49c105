import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../pipeline/release/image/account.ts'
import { openImages } from '../../../pipeline/release/image/registry.ts'
import { RegistryError } from '../../../pipeline/release/image/registry-error.ts'
import { digestOf, manifestType, startStandInRegistry } from './stand-in-registry.ts'

const repository = 'acme/sales'
const account: Account = { username: 'me', password: 'a password' }
const me = `Basic ${Buffer.from('me:a password').toString('base64')}`
const pauses: number[] = []
const open = (registry: string, more: { readonly account?: Account | null } = {}) =>
  openImages({
    registry,
    repository,
    account: null,
    pause: async (ms) => {
      pauses.push(ms)
    },
    ...more,
  })
const labels = { 'dev.mergeline.model.digest': digestOf('model') }

test('an image is found by tag and digest, with its labels and layers; what is not there is null', async () => {
  await using registry = await startStandInRegistry()
  const layers = [digestOf('one'), digestOf('two')]
  const digest = registry.put(repository, ['1'], labels, layers)
  const images = open(registry.at)
  const found = await images.find('1')
  assert.partialDeepStrictEqual(found, { digest, labels, layers, compressed: 200 })
  assert.deepEqual(await images.find(digest), found)
  assert.equal(await images.find('2'), null)
})

test('another name is given without another upload, and is the same image', async () => {
  await using registry = await startStandInRegistry()
  const digest = registry.put(repository, ['1'], labels)
  const images = open(registry.at)
  const found = await images.find('1')
  assert.ok(found)
  await images.tag(found, 'latest')
  assert.equal((await images.find('latest'))?.digest, digest)
  assert.equal(registry.kept.get('/v2/acme/sales/manifests/latest')?.type, manifestType)
})

test('of an image for several platforms, the one of this machine is read, and the digest is of all', async () => {
  await using registry = await startStandInRegistry()
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64']
  const digest = registry.put(repository, [], labels)
  const type = 'application/vnd.oci.image.index.v1+json'
  const index = (platform: object) => JSON.stringify({ schemaVersion: 2, manifests: [{ digest, platform }] })
  const [own, strange] = [
    { os: 'linux', architecture },
    { os: 'linux', architecture: 's390x' },
  ].map(index)
  registry.kept.set('/v2/acme/sales/manifests/own', { type, body: own as string })
  registry.kept.set('/v2/acme/sales/manifests/strange', { type, body: strange as string })
  assert.partialDeepStrictEqual(await open(registry.at).find('own'), { digest: digestOf(own as string), labels })
  await assert.rejects(open(registry.at).find('strange'), /has no image for linux/)
})

test('a token is fetched where the registry asks for one, once a scope, with the account that is there', async () => {
  const tokens: string[] = []
  await using registry = await startStandInRegistry((request, url) => {
    if (url.pathname === '/token') {
      tokens.push(`${url.searchParams.get('scope')} ${url.searchParams.get('service')}`)
      if (request.headers.authorization !== me) return { status: 401 }
      return { status: 200, body: JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }) }
    }
    const scope = `repository:${repository}:${request.method === 'PUT' ? 'pull,push' : 'pull'}`
    if (request.headers.authorization === `Bearer for ${scope}`) return undefined
    const challenge = `Bearer realm="http://${registry.at}/token",service="the registry",scope="repository:theirs:delete"`
    return { status: 401, headers: { 'www-authenticate': challenge } }
  })
  registry.put(repository, ['1'], labels)
  const images = open(registry.at, { account })
  const found = await images.find('1')
  assert.ok(found)
  await images.tag(found, '2')
  assert.deepEqual(tokens, ['repository:acme/sales:pull the registry', 'repository:acme/sales:pull,push the registry'])
  await assert.rejects(open(registry.at).find('1'), /401.*nobody has logged in: `docker login 127/)
  await assert.rejects(open(registry.at, { account: { ...account, password: 'old' } }).find('1'), (error: Error) => {
    assert.match(error.message, /401.*log in again/)
    assert.doesNotMatch(error.message, /old|Basic/)
    return true
  })
})

test('what was given instead of a password buys a token, and is sent nowhere else', async () => {
  await using registry = await startStandInRegistry((request, url) => {
    if (url.pathname === '/token') {
      const type = request.headers['content-type']
      const right = request.method === 'POST' && type?.startsWith('application/x-www-form-urlencoded')
      return right ? { status: 200, body: '{"access_token":"t"}' } : { status: 405 }
    }
    const challenge = `Bearer realm="http://${registry.at}/token"`
    return request.headers.authorization === 'Bearer t'
      ? undefined
      : { status: 401, headers: { 'www-authenticate': challenge } }
  })
  registry.put(repository, ['1'], labels)
  assert.ok(await open(registry.at, { account: { refreshToken: 'secret' } }).find('1'))
  assert.doesNotMatch(registry.asked.join(), /secret/)
})

test('an account is sent as it is where the registry asks for that', async () => {
  await using registry = await startStandInRegistry(({ headers }) =>
    headers.authorization === me ? undefined : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
  )
  registry.put(repository, ['1'], labels)
  assert.ok(await open(registry.at, { account }).find('1'))
  await assert.rejects(open(registry.at).find('1'), /nobody has logged in/)
})

test('a password goes to no server that is named without TLS, unless all of it is on this machine', async () => {
  for (const realm of [
    'http://tokens.example/',
    'ftp://tokens.example/',
    'https://a:b@tokens.example/',
    'no address',
    '',
  ]) {
    await using registry = await startStandInRegistry(() => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${realm}"` },
    }))
    await assert.rejects(
      open(registry.at, { account }).find('1'),
      /wants the password sent to .*, which is no https/,
      realm,
    )
  }
})

test('a redirect to another host is followed without the account', async () => {
  const seen: (string | undefined)[] = []
  await using storage = await startStandInRegistry((request) => {
    seen.push(request.headers.authorization)
    return undefined
  })
  await using registry = await startStandInRegistry(({ headers }, url) => {
    if (headers.authorization !== me) return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
    return url.pathname.includes('/blobs/')
      ? { status: 307, headers: { location: `http://${storage.at}${url.pathname}` } }
      : undefined
  })
  registry.put(repository, ['1'], labels)
  storage.put(repository, [], labels)
  assert.partialDeepStrictEqual(await open(registry.at, { account }).find('1'), { labels })
  assert.deepEqual(seen, [undefined])
})

test('a passing fault is tried again, with growing pauses, and as long as the registry asks', async () => {
  pauses.length = 0
  let faults = [429, 503, 500]
  await using registry = await startStandInRegistry(() => {
    const [status, ...rest] = faults
    faults = rest
    return status === undefined ? undefined : { status, headers: { 'retry-after': status === 429 ? '3' : '0' } }
  })
  registry.put(repository, ['1'], labels)
  assert.ok(await open(registry.at).find('1'))
  assert.equal(pauses.length, 3)
  assert.ok((pauses[0] ?? 0) >= 3000)
  assert.ok(pauses.slice(1).every((ms) => ms < 1000))
})

test('who does not answer, and who refuses, is one clear error', async () => {
  const closed = await startStandInRegistry()
  await closed[Symbol.asyncDispose]()
  await assert.rejects(open(closed.at).find('1'), /no answer \(tried 5 times\): .*ECONNREFUSED/)
  const words = JSON.stringify({ errors: [{ code: 'DENIED', message: 'no\n::error::x\u001b[31m' }] })
  await using registry = await startStandInRegistry(() => ({ status: 403, body: words }))
  await assert.rejects(open(registry.at).find('1'), (error: Error) => {
    assert.ok(error instanceof RegistryError && error.status === 403)
    assert.match(error.message, /GET acme\/sales\/manifests\/1 → 403 DENIED: no ::error::x.*; this account may not/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    assert.doesNotMatch(error.message, /[\u0000-\u001f]/)
    return true
  })
})

test('what is not what its digest says, is no image, or is too long, is refused', async () => {
  await using registry = await startStandInRegistry()
  const digest = registry.put(repository, ['1'], labels)
  const set = (name: string, body: string, type = manifestType) =>
    registry.kept.set(`/v2/acme/sales/manifests/${name}`, { type, body })
  set(digest, '{}')
  await assert.rejects(open(registry.at).find(digest), /the registry sent something else/)
  const config = [...registry.kept.keys()].find((path) => path.includes('/blobs/'))
  registry.kept.set(config as string, { type: 'x', body: '{"config":{"Labels":{}},"rootfs":{"diff_ids":[]}}' })
  await assert.rejects(open(registry.at).find('1'), /the registry sent something else/)
  for (const body of [
    '',
    'x',
    '[]',
    '{"config":{"digest":"../x"},"layers":[]}',
    '{"config":{},"layers":[{"size":-1}]}',
  ]) {
    set('odd', body)
    await assert.rejects(open(registry.at).find('odd'), { name: /^(Registry|Input)Error$/ }, body)
  }
  set('long', 'x'.repeat(5_000_000))
  await assert.rejects(open(registry.at).find('long'), /sent more than a manifest may have/)
})
