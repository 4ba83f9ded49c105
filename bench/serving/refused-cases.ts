import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSigner } from 'fast-jwt'
import { Pool } from 'undici'
import { exampleRecord } from '../bundle.ts'

/** What somebody asks again and again, and the status that they must get; `authorization` of each request by its number. */
export type Case = {
  readonly what: string
  readonly status: number
  readonly authorization: (index: number) => string
  readonly body: string
}

/** Those who are answered, by a key and by a token, and then all kinds of those who are refused; with the issuer of the tokens, on loopback until disposed. */
export async function refusedCases(key: string) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let asked = 0
  const issuer = createServer((_request, response) => {
    asked += 1
    response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }))
  }).listen(0, '127.0.0.1')
  await once(issuer, 'listening')
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const seconds = Math.floor(Date.now() / 1000)
  const claims = { iss: 'https://issuer.test', aud: 'mergeline', scope: 'predict', exp: seconds + 3600 }
  const token = (more: object = {}) =>
    createSigner({ key: pem, algorithm: 'RS256', kid: 'k', noTimestamp: true })({ ...claims, ...more })
  const none = (index: number) =>
    [{ alg: 'none', kid: `k${index}` }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
  const [valid, expired] = [token(), token({ exp: seconds - 3600 })]
  const forged = `${valid.slice(0, -9)}AAAAAAAAA`
  const record = JSON.stringify(exampleRecord)
  const byKey = () => `Bearer ${key}`
  const cases: readonly Case[] = [
    { what: 'answered', status: 200, authorization: byKey, body: record },
    { what: 'answered, by a token', status: 200, authorization: () => `Bearer ${valid}`, body: record },
    { what: 'nobody', status: 401, authorization: () => 'none', body: record },
    { what: 'a wrong key', status: 401, authorization: (index) => `Bearer wrong ${index}`, body: record },
    {
      ...{ what: 'alg none, and names of keys invented', status: 401, body: record },
      authorization: (index) => `Bearer ${none(index)}.`,
    },
    { what: 'an expired token', status: 401, authorization: () => `Bearer ${expired}`, body: record },
    { what: 'a forged token', status: 401, authorization: () => `Bearer ${forged}`, body: record },
    { what: 'a body that nests without end', status: 400, authorization: byKey, body: '['.repeat(2000) },
    { what: 'a body that is none', status: 400, authorization: byKey, body: `${record}}` },
    { what: 'a wrong value', status: 422, authorization: byKey, body: record.replace('"harbour"', '"nowhere"') },
  ]
  return {
    cases,
    env: {
      MERGELINE_JWT_ISSUER: claims.iss,
      MERGELINE_JWT_AUDIENCE: claims.aud,
      MERGELINE_JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`,
    },
    /** How often the issuer was asked for its keys. */
    asked: () => asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void issuer.close(() => resolve())),
  }
}

/** Asks so often, 50 at once. Throws where anything but the case's status is answered. */
export async function askAs({ what, status, authorization, body }: Case, url: string, count: number): Promise<void> {
  const pool = new Pool(url, { connections: 50 })
  try {
    const answers = Array.from({ length: count }, async (_, index) => {
      const headers = { authorization: authorization(index), 'content-type': 'application/json' }
      const answer = await pool.request({ method: 'POST', path: '/v1/predict', headers, body })
      await answer.body.dump()
      return answer.statusCode
    })
    const others = new Set(await Promise.all(answers)).difference(new Set([status]))
    if (others.size > 0) throw new Error(`${what}: answered ${[...others].join(', ')} in the place of ${status}`)
  } finally {
    await pool.close()
  }
}
