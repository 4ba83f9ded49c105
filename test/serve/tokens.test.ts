import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Algorithm, createSigner } from 'fast-jwt'
import { createApp } from '../../serve/app.ts'
import { createKeySet } from '../../serve/jwks.ts'
import { isToken, tokenLookup } from '../../serve/tokens.ts'
import { appOptions, record } from './helper.ts'

const issuer = 'https://issuer.test/'
const audience = 'mergeline'
const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  other: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
}
const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }))
const jwk = (name: keyof typeof pairs, more: object = {}) => ({
  ...pairs[name].publicKey.export({ format: 'jwk' }),
  kid: name,
  ...more,
})
const now = () => Math.floor(Date.now() / 1000)
const claims = () => ({ iss: issuer, aud: audience, exp: now() + 60, sub: 'team-a', scope: 'predict other' })
const sign = (name: keyof typeof pairs, algorithm: Algorithm, payload: object = claims(), header: object = {}) =>
  createSigner({
    key: pem(pairs[name].privateKey),
    algorithm,
    kid: name,
    header: { alg: algorithm, ...header },
    noTimestamp: true,
  })(payload as Record<string, unknown>)
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const byHand = (header: object, payload: object = claims(), signature = '') =>
  `${part(header)}.${part(payload)}.${signature}`

/** Rightly signed, whatever the claims. */
function signedByHand(payload: object): string {
  const text = `${part({ alg: 'RS256', kid: 'rsa' })}.${part(payload)}`
  return `${text}.${signBytes('sha256', Buffer.from(text), pairs.rsa.privateKey).toString('base64url')}`
}

/** An issuer's key server that counts how often it is asked. */
async function startIssuer(keys: () => object | undefined = () => ({ keys: [jwk('rsa'), jwk('ec'), jwk('ed')] })) {
  const issuerOf = { asked: 0, url: '', keys, [Symbol.dispose]: () => server.close() }
  const server = createServer((_request, response) => {
    issuerOf.asked += 1
    const body = issuerOf.keys()
    response.writeHead(body ? 200 : 500, { connection: 'close' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuerOf.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  return issuerOf
}

function appFor(url: string, clock?: () => number) {
  const said: string[] = []
  const log = (line: string) => said.push(line)
  const keySet = createKeySet({ url, log, ...(clock ? { now: clock } : {}) })
  const lookup = tokenLookup({ issuer, audience, keySet })
  const app = createApp({ ...appOptions, lookup: (token) => (isToken(token) ? lookup(token) : undefined) })
  const status = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await (await app).inject({ method: 'POST', url: '/v1/predict', headers, payload: record })).statusCode
  }
  return { status, lookup, said }
}

test('takes tokens of the issuer, in each of its algorithms, with the scopes that they grant', async () => {
  using issuerOf = await startIssuer()
  const { status, lookup } = appFor(issuerOf.url)
  for (const [name, algorithm] of [
    ['rsa', 'RS256'],
    ['rsa', 'PS384'],
    ['ec', 'ES256'],
    ['ed', 'EdDSA'],
  ] as const)
    assert.equal(await status(sign(name, algorithm)), 200, algorithm)
  assert.equal(await status(sign('rsa', 'RS256', { ...claims(), aud: ['x', audience] })), 200)
  assert.equal(await status(sign('rsa', 'RS256', { ...claims(), scope: 'read' })), 403)
  assert.equal(await status(sign('rsa', 'RS256', { ...claims(), scope: undefined })), 403)
  assert.deepEqual(await lookup(sign('rsa', 'RS256', { ...claims(), sub: 'a b<c>', scope: 'control read' })), {
    id: 'token:a_b_c_',
    scopes: ['read', 'control'],
  })
  assert.equal(issuerOf.asked, 1)
})

test('refuses every other token with 401, and asks the issuer for none of them', async () => {
  using issuerOf = await startIssuer()
  const { status } = appFor(issuerOf.url)
  assert.equal(await status(sign('rsa', 'RS256')), 200)
  const [head = '', body = '', signature = ''] = sign('rsa', 'RS256').split('.')
  const publicPem = String(pairs.rsa.publicKey.export({ type: 'spki', format: 'pem' }))
  const hmac = createSigner({ key: Buffer.from(publicPem).toString('base64'), algorithm: 'HS256', kid: 'rsa' })
  const { exp: _, ...forever } = claims()
  const tokens: [string, string][] = [
    ['alg none', byHand({ alg: 'none', kid: 'rsa' })],
    ['alg None', byHand({ alg: 'None', kid: 'rsa' })],
    ['alg none with a signature', byHand({ alg: 'none', kid: 'rsa' }, claims(), signature)],
    ['no signature', byHand({ alg: 'RS256', kid: 'rsa' })],
    ['the public key as a secret', hmac(claims())],
    ['another key', sign('other', 'RS256', claims(), { kid: 'rsa' })],
    ['a key of another kind', sign('ec', 'ES256', claims(), { kid: 'rsa' })],
    ['a key that is not known', sign('other', 'RS256')],
    ['other claims', `${head}.${part({ ...claims(), scope: 'control' })}.${signature}`],
    ['another header', `${part({ alg: 'RS512', kid: 'rsa' })}.${body}.${signature}`],
    ['a cut signature', `${head}.${body}.${signature.slice(0, -8)}`],
    ['a changed signature', `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
    ['another audience', sign('rsa', 'RS256', { ...claims(), aud: 'others' })],
    ['another issuer', sign('rsa', 'RS256', { ...claims(), iss: 'https://issuer.test.evil/' })],
    ['expired', sign('rsa', 'RS256', { ...claims(), exp: now() - 60 })],
    ['not yet valid', sign('rsa', 'RS256', { ...claims(), nbf: now() + 60 })],
    ['for ever', sign('rsa', 'RS256', forever)],
    ['an expiry that is no number', signedByHand({ ...claims(), exp: 'never' })],
    ['an expiry that is a list', signedByHand({ ...claims(), exp: [now() + 60] })],
    ['claims that are no object', signedByHand([])],
    ['a header that must be understood', sign('rsa', 'RS256', claims(), { crit: ['x'], x: 1 })],
    ['a name of a key that is no text', byHand({ alg: 'RS256', kid: { a: 1 } })],
    ['no JSON', `eyJ.eyJ.eyJ`],
    ['nothing', 'eyJ..'],
  ]
  for (const [what, token] of tokens) assert.equal(await status(token), 401, what)
  assert.equal(issuerOf.asked, 1)
})

test('a thousand invented names of keys make the server ask once in half a minute; a new key is found then', async () => {
  let keys: object = { keys: [jwk('rsa')] }
  let time = 0
  using issuerOf = await startIssuer(() => keys)
  const { status } = appFor(issuerOf.url, () => time)
  assert.equal(await status(sign('rsa', 'RS256')), 200)
  keys = { keys: [jwk('other')] }
  assert.equal(await status(sign('other', 'RS256')), 401)
  time += 31_000
  const invented = Array.from({ length: 1000 }, (_, index) =>
    byHand({ alg: 'RS256', kid: `k${index}` }, claims(), 'AAAA'),
  )
  assert.deepEqual([...new Set(await Promise.all(invented.map(status)))], [401])
  assert.equal(issuerOf.asked, 2)
  assert.equal(await status(sign('other', 'RS256')), 200)
  // What the issuer has withdrawn is no longer taken, although it was.
  assert.equal(await status(sign('rsa', 'RS256')), 401)
})

test('answers 503 while the issuer’s keys were never had, and goes on with those that are known for a day', async () => {
  let time = 0
  let keys: object | undefined
  using issuerOf = await startIssuer(() => keys)
  const { status, said } = appFor(issuerOf.url, () => time)
  assert.equal(await status(sign('rsa', 'RS256')), 503)
  assert.equal(await status(sign('rsa', 'RS256')), 503)
  assert.equal(issuerOf.asked, 1)
  assert.match(said[0] ?? '', /cannot be fetched from http.*it answers 500/)
  time += 6_000
  keys = { keys: ['nonsense', jwk('ed', { use: 'enc' }), { kty: 'oct', k: 'AA', kid: 'rsa' }] }
  assert.equal(await status(sign('rsa', 'RS256')), 503)
  assert.match(said[1] ?? '', /none of its keys verifies/)
  time += 6_000
  keys = { keys: [jwk('rsa')] }
  assert.equal(await status(sign('rsa', 'RS256')), 200)
  keys = undefined
  time += 23 * 3_600_000
  assert.equal(await status(sign('rsa', 'RS256')), 200)
  time += 2 * 3_600_000
  assert.equal(await status(sign('rsa', 'RS256')), 503)
})

test('a key that is for one algorithm verifies no other', async () => {
  using issuerOf = await startIssuer(() => ({ keys: [jwk('rsa', { alg: 'RS256' })] }))
  const { status } = appFor(issuerOf.url)
  assert.equal(await status(sign('rsa', 'RS256')), 200)
  assert.equal(await status(sign('rsa', 'PS256')), 401)
})
