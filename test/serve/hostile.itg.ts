import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSigner } from 'fast-jwt'
import { Pool } from 'undici'
import { exampleRecord } from '../../bench/bundle.ts'
import { apiKey, temporaryFolder } from './helper.ts'
import { freePort, ready, setUp, start } from './process.ts'

/** CPU time that a process has used, in ms (Linux: ticks of 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

test('who is refused costs the server less than who is answered', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] }
  let fetched = 0
  const issuer = createServer((_request, response) => {
    fetched += 1
    response.end(JSON.stringify(keys))
  }).listen(0, '127.0.0.1')
  await once(issuer, 'listening')
  t.after(() => issuer.close())
  await using folder = await temporaryFolder()
  const { env, url } = await setUp(folder.path, await freePort())
  await using server = start('server', {
    ...env,
    MERGELINE_JWT_ISSUER: 'https://issuer.test',
    MERGELINE_JWT_AUDIENCE: 'mergeline',
    MERGELINE_JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`,
  })
  await ready(url)
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const seconds = Math.floor(Date.now() / 1000)
  const claims = { iss: 'https://issuer.test', aud: 'mergeline', scope: 'predict', exp: seconds + 3600 }
  const token = (more: object = {}, kid = 'k') =>
    createSigner({ key: pem, algorithm: 'RS256', kid, noTimestamp: true })({ ...claims, ...more })
  const none = (index: number) =>
    [{ alg: 'none', kid: `k${index}` }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
  const [expired, forged] = [token({ exp: seconds - 3600 }), `${token().slice(0, -9)}AAAAAAAAA`]
  const record = JSON.stringify(exampleRecord)
  const key = `Bearer ${apiKey}`
  type Case = [what: string, status: number, authorization: (index: number) => string, body: string]
  const cases: Case[] = [
    ['answered', 200, () => key, record],
    ['answered, by a token', 200, () => `Bearer ${token()}`, record],
    ['nobody', 401, () => 'none', record],
    ['a wrong key', 401, (index) => `Bearer wrong ${index}`, record],
    ['alg none, and names of keys invented', 401, (index) => `Bearer ${none(index)}.`, record],
    ['an expired token', 401, () => `Bearer ${expired}`, record],
    ['a forged token', 401, () => `Bearer ${forged}`, record],
    ['a body that nests without end', 400, () => key, '['.repeat(2000)],
    ['a body that is none', 400, () => key, `${record}}`],
    ['a wrong value', 422, () => key, record.replace('"harbour"', '"nowhere"')],
  ]
  const pool = new Pool(url, { connections: 50 })
  const count = 1500
  const costs: { [what: string]: number } = {}
  for (const [what, status, authorization, body] of [...cases.slice(0, 2), ...cases]) {
    const before = cpuOf(server.pid ?? 0)
    const answers = Array.from({ length: count }, async (_, index) => {
      const headers = { authorization: authorization(index), 'content-type': 'application/json' }
      const answer = await pool.request({ method: 'POST', path: '/v1/predict', headers, body })
      await answer.body.dump()
      return answer.statusCode
    })
    assert.deepEqual([...new Set(await Promise.all(answers))], [status], what)
    costs[what] = ((cpuOf(server.pid ?? 0) - before) / count) * 1000
  }
  await pool.close()
  for (const [what, cost] of Object.entries(costs)) t.diagnostic(`${what}: ${cost.toFixed(0)} µs of CPU`)
  const { answered = 0, ...others } = costs
  for (const [what, cost] of Object.entries(others))
    assert.ok(cost < 2 * answered + 60, `${what}: ${cost} µs, answered: ${answered}`)
  // Once for the first token, and once for names that nobody knows.
  assert.ok(fetched <= 2, `${fetched} questions to the issuer`)
})

test('who promises more than 1 MiB is refused before it is sent', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const { env, url } = await setUp(folder.path, port)
  await using server = start('server', env)
  await ready(url)
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 413 [\s\S]*"status":413/)
  socket.destroy()
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})

test('three hundred clients that never finish their request are sent away, and nobody else waits for them', async () => {
  await using folder = await temporaryFolder()
  const port = await freePort()
  const { env, url } = await setUp(folder.path, port)
  await using server = start('server', env)
  await ready(url)
  const begun = performance.now()
  const slow = Array.from({ length: 300 }, async (_, index) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('error', () => {})
    const head = `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\n`
    socket.write(index % 2 ? head : `${head}content-length: 500\r\n\r\n{`)
    const drip = setInterval(() => socket.writable && socket.write(index % 2 ? 'x: y\r\n' : ' '), 500)
    await once(socket, 'close')
    clearInterval(drip)
    return answer.slice(9, 12)
  })
  await sleep(500)
  const took: number[] = []
  for (let request = 0; request < 20; request += 1) {
    const started = performance.now()
    const answer = await fetch(`${url}/v1/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(exampleRecord),
    })
    assert.equal(answer.status, 200)
    took.push(performance.now() - started)
  }
  assert.ok(Math.max(...took) < 1000, `${Math.max(...took)} ms`)
  assert.deepEqual([...new Set(await Promise.all(slow))], ['408'])
  assert.ok(performance.now() - begun < 20_000)
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
})
