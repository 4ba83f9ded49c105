// What clients see: bodies, headers, connections, changes under load.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, barelyTried, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

const rollout = 'r1'

test('once the weight is 0 no later request reaches the canary, under load; every request is answered', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout, stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, weight: 0.5 })
  let running = true
  let requests = 0
  const clients = Array.from({ length: 8 }, async () => {
    while (running) {
      assert.equal((await predictThrough(gateway.url())).status, 200)
      requests += 1
    }
  })
  for (let round = 0; round < 3; round += 1) {
    await sleep(60)
    await gateway.put({ ...members, weight: 0 })
    while ((await gateway.status()).inFlight[canary.url] !== undefined) await sleep(1)
    const before = canary.requests
    await sleep(40)
    assert.equal(canary.requests, before)
    await gateway.put({ ...members, weight: 0.5 })
  }
  running = false
  await Promise.all(clients)
  await gateway.put({ rollout, stable: memberOf(stable) })
  const events = gateway.events(rollout)
  assert.ok(events.length > 0 && events.length < requests)
  assert.deepEqual([...new Set(events.map(({ weight }) => weight))], [0.5])
  assert.deepEqual(
    events.map(({ n }) => n),
    events.map((_, index) => index + 1),
  )
})

test('a request in flight keeps its members: it is counted for each, and answered by them after a change', async () => {
  let answer: (() => void) | undefined
  await using stable = await startMember('a')
  await using canary = await startMember('b', (request, response, body) => {
    answer = () => answers('b')(request, response, body)
  })
  await using next = await startMember('c')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  const slow = predictThrough(gateway.url())
  while (!answer) await sleep(5)
  const status = await gateway.put({ rollout: 'r2', ...barelyTried(next) })
  assert.deepEqual(status.inFlight, { [stable.url]: 1, [canary.url]: 1 })
  assert.equal((await predictThrough(gateway.url())).body.from, 'c')
  answer()
  assert.equal((await slow).body.from, 'b')
  assert.deepEqual((await gateway.status()).inFlight, {})
  while (gateway.events(rollout).length === 0) await sleep(20)
  assert.deepEqual(
    gateway.events(rollout).map((event) => event.arm),
    ['canary'],
  )
  await gateway.put({ rollout: 'r2', ...barelyTried(next) })
  assert.deepEqual(
    gateway.events('r2').map((event) => event.arm),
    ['stable'],
  )
})

test('a client that goes away is no event against the canary', async () => {
  await using stable = await startMember('a')
  const client = new AbortController()
  await using canary = await startMember('b', (request, response, body) => {
    client.abort()
    setTimeout(() => answers('b')(request, response, body), 500)
  })
  await using gateway = await startTestGateway()
  const members = { rollout, timeoutMs: 60_000, stable: memberOf(stable), canary: memberOf(canary), weight: 1 }
  await gateway.put(members)
  await assert.rejects(fetch(`${gateway.url()}/v1/predict`, { method: 'POST', body: '{}', signal: client.signal }))
  for (const until = Date.now() + 60_000; Object.keys((await gateway.status()).inFlight).length > 0; await sleep(20))
    assert.ok(Date.now() < until)
  const { counts, inFlight } = await gateway.put(members)
  assert.deepEqual(counts.canary, { requests: 1, errors: 0 })
  assert.deepEqual(inFlight, {})
  assert.equal(gateway.events(rollout)[0]?.status, 200)
  assert.equal(stable.requests, 0)
})

test('refuses bodies over 1 MiB with 413, declared or not, and passes one of 1 MiB', async () => {
  await using stable = await startMember('a', (_request, response, body) =>
    response.end(JSON.stringify({ bytes: body.length })),
  )
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, ...barelyTried(stable) })
  const mebibyte = 'x'.repeat(1024 * 1024)
  const whole = await fetch(`${gateway.url()}/v1/predict`, { method: 'POST', body: mebibyte })
  assert.deepEqual(await whole.json(), { bytes: 1024 * 1024 })
  assert.equal((await predictThrough(gateway.url(), `${mebibyte}x`)).status, 413)
  const chunked = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from(mebibyte))
      controller.enqueue(Buffer.from('x'))
      controller.close()
    },
  })
  const answer = await fetch(`${gateway.url()}/v1/predict`, {
    method: 'POST',
    body: chunked,
    duplex: 'half',
  } as RequestInit)
  assert.equal(answer.status, 413)
  await gateway.put({ rollout, ...barelyTried(stable) })
  assert.equal(gateway.events(rollout).length, 1)
})

/** Sends the headers of a prediction request and `part` of its body, then nothing more. `said` resolves when the gateway ends the connection. */
async function holdBody(url: string, part = '{') {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const ended = Promise.withResolvers<string>()
  const held = { open: true, said: ended.promise, end: () => socket.destroy() }
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    held.open = false
    ended.resolve(text)
  })
  await once(socket, 'connect')
  socket.write(`POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${part}`)
  return held
}

test("bodies that do not arrive take nobody's place, and end with 408", async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway({ waiting: { bodyMs: 8000 } })
  await gateway.put({ stable: memberOf(stable) })
  const held: Awaited<ReturnType<typeof holdBody>>[] = []
  while (held.length < 1100)
    held.push(...(await Promise.all(Array.from({ length: 100 }, () => holdBody(gateway.url())))))
  for (let request = 0; request < 20; request += 1) assert.equal((await predictThrough(gateway.url())).status, 200)
  assert.ok(held.filter(({ open }) => open).length > 1024, 'the test was too slow to hold them all at once')
  assert.deepEqual((await gateway.status()).inFlight, {})
  const said = await Promise.race([
    Promise.all(held.map(({ said }) => said)),
    sleep(240_000, undefined, { ref: false }),
  ])
  assert.ok(said, 'some bodies are still waited for')
  for (const text of said) assert.match(text, /^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*"status":408/i)
  assert.equal(stable.requests, 20)
})

for (const [what, waiting, part] of [
  ['too many bodies', { bodies: 2 }, '{'],
  ['too many bytes', { bytes: 250_000 }, ' '.repeat(100_000)],
] as const) {
  test(`of ${what} that have not arrived, the oldest ends`, async () => {
    await using stable = await startMember('a')
    await using gateway = await startTestGateway({ waiting })
    await gateway.put({ stable: memberOf(stable) })
    const held: Awaited<ReturnType<typeof holdBody>>[] = []
    for (let bodies = 0; bodies < 3; bodies += 1) {
      held.push(await holdBody(gateway.url(), part))
      await sleep(50)
    }
    assert.match((await held[0]?.said) ?? '', /^HTTP\/1\.1 408 /)
    assert.deepEqual(
      held.map(({ open }) => open),
      [false, true, true],
    )
    assert.equal((await predictThrough(gateway.url())).status, 200)
    for (const { end } of held) end()
  })
}

test('passes headers on, except those of the connection, and says for whom it asks', async () => {
  await using stable = await startMember('a', (request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    response.setHeader('connection', 'keep-alive, x-private')
    response.setHeader('x-private', '1')
    response.setHeader('keep-alive', 'timeout=72')
    response.end(JSON.stringify(request.headers))
  })
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const { host, port } = new URL(gateway.url())
  const seen = await new Promise<{ headers: Record<string, unknown>; body: Record<string, string> }>(
    (resolve, reject) => {
      const headers = {
        connection: 'close, x-hop',
        'x-hop': '1',
        te: 'trailers',
        authorization: 'Bearer key',
        'x-forwarded-for': '192.0.2.1',
        'x-many': ['1', '2'],
      }
      const sent = httpRequest({ host: '127.0.0.1', port, path: '/a?b=c', headers }, async (answer) => {
        let body = ''
        for await (const chunk of answer) body += chunk
        resolve({ headers: answer.headers, body: JSON.parse(body) })
      })
      sent.on('error', reject).end()
    },
  )
  assert.equal(seen.body['authorization'], 'Bearer key')
  assert.equal(seen.body['x-many'], '1, 2')
  assert.equal(seen.body['x-forwarded-for'], '192.0.2.1, 127.0.0.1')
  assert.equal(seen.body['x-forwarded-host'], host)
  for (const name of ['x-hop', 'te']) assert.equal(seen.body[name], undefined, name)
  assert.deepEqual(seen.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(seen.headers['x-private'], undefined)
})

test('answers HEAD and 204 without a body', async () => {
  await using stable = await startMember('a', (request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 123 }).end()
    else response.writeHead(204).end()
  })
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const head = await fetch(gateway.url(), { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '123'])
  assert.equal((await fetch(gateway.url(), { method: 'DELETE' })).status, 204)
})
