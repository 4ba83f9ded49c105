import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../serve/app.ts'
import { keyLookup } from '../../serve/keys.ts'
import { createLookup } from '../../serve/lookup.ts'
import { readTls } from '../../serve/tls.ts'
import { apiKey, appOptions, record, sha256, temporaryFolder } from './helper.ts'
import { until } from './process.ts'

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
const lookup = keyLookup([
  { id: 'predicts', scopes: ['predict'], sha256: sha256('p') },
  { id: 'reads', scopes: ['read'], sha256: sha256('r') },
  { id: 'controls', scopes: ['control'], sha256: sha256('c') },
])

test('each scope opens its own routes', async () => {
  const app = await createApp({ ...appOptions, lookup })
  const statuses = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` }
    const predict = await app.inject({ method: 'POST', url: '/v1/predict', headers, payload: record })
    const read = await Promise.all(
      ['/health', '/metadata', '/v2', '/v2/models/fake'].map((url) => app.inject({ url, headers })),
    )
    return [predict, ...read].map((answer) => answer.statusCode)
  }
  assert.deepEqual(await statuses('p'), [200, 403, 403, 403, 403])
  assert.deepEqual(await statuses('r'), [403, 200, 200, 200, 200])
  assert.deepEqual(await statuses('c'), [403, 403, 403, 403, 403])
})

test('a key may be the password of Basic authentication, for clients that know nothing else', async () => {
  const app = await createApp({ ...appOptions, lookup })
  const status = async (authorization: string) =>
    (await app.inject({ url: '/metadata', headers: { authorization } })).statusCode
  assert.equal(await status(basic('anybody', 'r')), 200)
  assert.equal(await status(basic('', 'r')), 200)
  assert.equal(await status('bearer   r'), 200)
  for (const wrong of [
    basic('r', ''),
    basic('r', 'x'),
    'Basic r',
    'Basic',
    'Bearer',
    'Digest r',
    `Bearer ${'r'.repeat(9000)}`,
  ])
    assert.equal(await status(wrong), 401, wrong)
})

test('a key that asks too often is refused with 429 and told when to come back; others are not', async () => {
  const app = await createApp({ ...appOptions, lookup, requestsPerMinute: 3 })
  const ask = (key: string) => app.inject({ url: '/metadata', headers: { authorization: `Bearer ${key}` } })
  const answers = []
  for (let request = 0; request < 5; request += 1) answers.push(await ask('r'))
  assert.deepEqual(
    answers.map((answer) => answer.statusCode),
    [200, 200, 200, 429, 429],
  )
  const refused = answers.at(-1)
  const seconds = Number(refused?.headers['retry-after'])
  assert.ok(seconds > 0 && seconds <= 60)
  assert.equal(refused?.json().status, 429)
  assert.equal((await ask('p')).statusCode, 403)
  assert.equal((await app.inject({ url: '/live' })).statusCode, 200)
})

test('no answer may be stored or taken for another type; over TLS, browsers are told to stay with it', async () => {
  const app = await createApp(appOptions)
  for (const url of ['/live', '/v1/predict', '/nowhere', '/openapi.json']) {
    const { headers } = await app.inject(url)
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.equal(headers['cache-control'], 'no-store', url)
    assert.equal(headers['strict-transport-security'], undefined)
  }
})

test('keys come and go while the server runs; a file that is wrong changes nothing', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  await writeFile(file, sha256('one'))
  const said: string[] = []
  const settings = { MERGELINE_API_KEYS_FILE: file }
  const authentication = await createLookup(settings, (line) => said.push(line))
  const known = async (key: string) => (await authentication.lookup(key))?.id
  try {
    assert.ok(await known('one'))
    await writeFile(file, `${sha256('two')} read two\n`)
    await until('the new key', async () => ((await known('two')) ? true : undefined))
    assert.equal(await known('one'), undefined)
    await writeFile(file, 'not a hash at all\n')
    await until('word of it', async () =>
      said.some((line) => /line 1 is not a SHA-256.*stay/.test(line)) ? true : undefined,
    )
    assert.equal(await known('two'), 'two')
    // Empty for a moment, as while it is written anew.
    await writeFile(file, '')
    await until('word of that', async () => (said.some((line) => /is empty.*stay/.test(line)) ? true : undefined))
    assert.equal(await known('two'), 'two')
    // Nobody is known any more: that is what was asked for.
    await writeFile(file, '# none\n')
    await until('nobody', async () => ((await known('two')) ? undefined : true))
  } finally {
    authentication.stop()
  }
})

test('settings of keys, tokens and TLS that make no sense are refused', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'keys')
  await writeFile(file, '# none yet\n')
  const log = () => {}
  const https = {
    MERGELINE_JWT_ISSUER: 'https://i',
    MERGELINE_JWT_AUDIENCE: 'a',
    MERGELINE_JWT_JWKS_URL: 'https://i/keys',
  }
  await assert.rejects(createLookup({}, log), /MERGELINE_API_KEYS_FILE is not set/)
  await assert.rejects(createLookup({ MERGELINE_API_KEYS_FILE: file }, log), /no API key in it/)
  await assert.rejects(createLookup({ MERGELINE_JWT_ISSUER: 'https://i' }, log), /belong together/)
  await assert.rejects(createLookup({ ...https, MERGELINE_JWT_JWKS_URL: 'http://i/keys' }, log), /must be https/)
  await assert.rejects(createLookup({ ...https, MERGELINE_JWT_JWKS_URL: 'https://[' }, log), /is no URL/)
  assert.equal(await (await createLookup(https, log)).lookup(apiKey), undefined)
  assert.throws(() => readTls({ MERGELINE_TLS_KEY_FILE: file }), /belong together/)
  assert.throws(
    () => readTls({ MERGELINE_TLS_KEY_FILE: file, MERGELINE_TLS_CERTIFICATE_FILE: file }),
    /no certificate and its key/,
  )
  assert.throws(() => readTls({ MERGELINE_TLS_KEY_FILE: '/x', MERGELINE_TLS_CERTIFICATE_FILE: '/x' }), /cannot be read/)
})
