import assert from 'node:assert/strict'
import { once } from 'node:events'
import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDraws } from '../../serve/gateway/draws.ts'
import { startGateway } from '../../serve/gateway/gateway.ts'
import { answers, digest, memberOf, predictThrough, readLines, startMember, startTestGateway } from './helper.ts'

const rollout = 'r1'
const json = async <T>(answer: Response) => (await answer.json()) as T

test('answers 503 with Retry-After while nothing is deployed', async () => {
  await using gateway = await startTestGateway()
  const answer = await predictThrough(gateway.url())
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '5')
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
})

test('passes requests to stable and answers back, without what is for the verdict only', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const answer = await predictThrough(gateway.url(), '{"x":1}')
  assert.deepEqual(answer.body, { from: 'a', body: '{"x":1}' })
  assert.equal(answer.headers.get('x-mergeline-digest'), digest('a'))
  assert.equal(answer.headers.get('x-mergeline-bin'), null)
  assert.equal(answer.headers.get('x-mergeline-out-of-range'), null)
})

test('draws the arm of each prediction request by the seed, and books it', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, seed: 7, stable: memberOf(stable), canary: memberOf(canary), weight: 0.3 })
  const from: (string | undefined)[] = []
  for (let request = 0; request < 60; request += 1) from.push((await predictThrough(gateway.url())).body.from)
  const draw = createDraws(7)
  const expected = Array.from({ length: 60 }, () => (draw() < 0.3 ? 'b' : 'a'))
  assert.deepEqual(from, expected)
  const status = await gateway.put({
    rollout,
    seed: 7,
    stable: memberOf(stable),
    canary: memberOf(canary),
    weight: 0.3,
  })
  const events = gateway.events(rollout)
  assert.deepEqual(
    events.map((event) => (event.arm === 'canary' ? 'b' : 'a')),
    expected,
  )
  assert.deepEqual(
    events.map((event) => event.n),
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  const { at, ms, ...rest } = events[0] ?? assert.fail('no event')
  assert.deepEqual(rest, {
    n: 1,
    arm: expected[0] === 'b' ? 'canary' : 'stable',
    weight: 0.3,
    status: 200,
    bin: 7,
    out: 1,
  })
  assert.ok(Math.abs(Date.now() - at) < 60_000 && ms > 0 && ms < 2000)
  const share = expected.filter((arm) => arm === 'b').length
  assert.deepEqual(status.counts, {
    stable: { requests: 60 - share, errors: 0 },
    canary: { requests: share, errors: 0 },
  })
})

const faults: Record<string, Parameters<typeof startMember>[1]> = {
  'answers 500': answers('b', 500),
  'answers 503': answers('b', 503),
  'breaks the connection': (_request, response) => response.destroy(),
  'breaks off in the middle of its answer': (_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{"from":')
    setTimeout(() => response.destroy(), 20)
  },
  'never answers': () => {},
}
for (const [what, fault] of Object.entries(faults)) {
  test(`a canary that ${what}: stable answers the client, the event is the canary's`, async () => {
    await using stable = await startMember('a')
    await using canary = await startMember('b', fault)
    await using gateway = await startTestGateway()
    await gateway.put({ rollout, timeoutMs: 200, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
    for (let request = 0; request < 3; request += 1) {
      const answer = await predictThrough(gateway.url(), '{"x":1}')
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.body, { from: 'a', body: '{"x":1}' })
    }
    const { counts } = await gateway.put({ rollout, stable: memberOf(stable) })
    const status = /answers (\d+)/.exec(what)?.[1] ?? '0'
    assert.deepEqual(
      gateway.events(rollout).map((event) => [event.arm, event.status, event.bin, event.out]),
      Array(3).fill(['canary', Number(status), null, 0]),
    )
    assert.deepEqual(counts.canary, { requests: 3, errors: 3 })
    assert.deepEqual(counts.stable, { requests: 0, errors: 0 })
  })
}

test('a canary whose process is gone harms nobody', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  const canary = await startMember('b')
  await canary.close()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  assert.equal((await predictThrough(gateway.url())).body.from, 'a')
})

test('what the client did wrong is the answer of the arm that was drawn, not a reason to ask the other', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', answers('b', 422))
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  assert.equal((await predictThrough(gateway.url())).status, 422)
  const { counts } = await gateway.put({ rollout, stable: memberOf(stable) })
  assert.deepEqual(counts.canary, { requests: 1, errors: 0 })
  assert.equal(gateway.events(rollout)[0]?.status, 422)
})

test('a prediction that is no number is told as out of range, though its status blames the client', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', (_request, response) =>
    response.writeHead(422, { 'x-mergeline-out-of-range': '1' }).end('{}'),
  )
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  assert.equal((await predictThrough(gateway.url())).status, 422)
  await gateway.put({ rollout, stable: memberOf(stable) })
  const [event] = gateway.events(rollout)
  assert.deepEqual([event?.arm, event?.status, event?.bin, event?.out], ['canary', 422, null, 1])
})

test("an answer of stable that comes after the time limit reaches the client, and is booked as the canary's would be", async () => {
  await using stable = await startMember('a', (request, response, body) =>
    setTimeout(() => answers('a')(request, response, body), 150),
  )
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, timeoutMs: 50, stable: memberOf(stable) })
  assert.equal((await predictThrough(gateway.url())).status, 200)
  await gateway.put({ rollout, timeoutMs: 50, stable: memberOf(stable) })
  const [event] = gateway.events(rollout)
  assert.deepEqual([event?.arm, event?.status, event?.ms, event?.bin], ['stable', 0, 50, null])
})

test('asks stable once more when the connection breaks, then answers 502 with Retry-After', async () => {
  await using stable = await startMember('a', (_request, response) => response.destroy())
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const answer = await predictThrough(gateway.url())
  assert.equal(answer.status, 502)
  assert.equal(answer.headers.get('retry-after'), '1')
  assert.equal(stable.requests, 2)
  stable.answer = (_request, response) => {
    response.destroy()
    stable.answer = answers('a')
  }
  assert.equal((await predictThrough(gateway.url())).status, 200)
})

test('repeats no request other than predictions and GET', async () => {
  await using stable = await startMember('a', (_request, response) => response.destroy())
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const send = async (method: string) => {
    stable.requests = 0
    const { status } = await fetch(`${gateway.url()}/other`, { method })
    return [status, stable.requests]
  }
  assert.deepEqual(await send('POST'), [502, 1])
  assert.deepEqual(await send('DELETE'), [502, 1])
  assert.deepEqual(await send('GET'), [502, 2])
})

test('other paths go to stable and are no events', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  for (const path of ['/', '/live', '/v1/predictions', '/v1/predict'])
    assert.equal((await json<{ from: string }>(await fetch(gateway.url() + path))).from, 'a')
  await gateway.put({ rollout, stable: memberOf(stable) })
  assert.deepEqual(gateway.events(rollout), [])
})

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
  assert.equal(gateway.events(rollout).length, requests)
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
  const status = await gateway.put({ rollout: 'r2', stable: memberOf(next) })
  assert.deepEqual(status.inFlight, { [stable.url]: 1, [canary.url]: 1 })
  assert.equal((await predictThrough(gateway.url())).body.from, 'c')
  answer()
  assert.equal((await slow).body.from, 'b')
  assert.deepEqual((await gateway.status()).inFlight, {})
  await sleep(80)
  assert.deepEqual(
    gateway.events(rollout).map((event) => event.arm),
    ['canary'],
  )
  await gateway.put({ rollout: 'r2', stable: memberOf(next) })
  assert.deepEqual(
    gateway.events('r2').map((event) => event.arm),
    ['stable'],
  )
})

test('a client that goes away is no event against the canary', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', (request, response, body) =>
    setTimeout(() => answers('b')(request, response, body), 1000),
  )
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  const abort = AbortSignal.timeout(400)
  await assert.rejects(fetch(`${gateway.url()}/v1/predict`, { method: 'POST', body: '{}', signal: abort }))
  for (
    const until = Date.now() + 10_000;
    canary.requests === 0 || Object.keys((await gateway.status()).inFlight).length > 0;
    await sleep(20)
  )
    assert.ok(Date.now() < until)
  const { counts, inFlight } = await gateway.put({
    rollout,
    stable: memberOf(stable),
    canary: memberOf(canary),
    weight: 1,
  })
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
  await gateway.put({ rollout, stable: memberOf(stable) })
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
  await gateway.put({ rollout, stable: memberOf(stable) })
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
  const said = await Promise.race([Promise.all(held.map(({ said }) => said)), sleep(24_000)])
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

test('a restarted gateway goes on with members, numbers and a stream of draws of its own', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout, seed: 3, stable: memberOf(stable), canary: memberOf(canary), weight: 0.5 }
  await gateway.put(members)
  await predictThrough(gateway.url())
  await gateway.restart()
  const { inFlight: _inFlight, counts: _counts, ready: _ready, ...kept } = await gateway.status()
  assert.deepEqual(kept, members)
  await predictThrough(gateway.url())
  await gateway.put(members)
  assert.deepEqual(
    gateway.events(rollout).map((event) => event.n),
    [1, 2],
  )
  const seeds = readLines(gateway.state, rollout)
    .map((line) => JSON.parse(line).seed)
    .filter((seed) => seed !== undefined)
  assert.equal(seeds.length, 2)
  assert.equal(seeds[0], 3)
  assert.notEqual(seeds[1], 3)
})

test('going back to a rollout and putting the same members twice open no second stream', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  const first = await gateway.put({ rollout, stable: memberOf(stable) })
  assert.deepEqual(await gateway.put({ rollout, stable: memberOf(stable) }), first)
  assert.equal(readLines(gateway.state, rollout).length, 1)
})

test('ends a line that a crash cut short, and numbers on from the last whole one', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable) })
  for (let request = 0; request < 3; request += 1) await predictThrough(gateway.url())
  await gateway.stop()
  await appendFile(join(gateway.state, 'events', `${rollout}.jsonl`), '{"n":4,"at":17')
  await gateway.restart()
  await predictThrough(gateway.url())
  await gateway.put({ rollout, stable: memberOf(stable) })
  const lines = readLines(gateway.state, rollout)
  assert.equal(lines[4], '{"n":4,"at":17')
  assert.equal(JSON.parse(lines[6] ?? '').n, 4)
  assert.equal(lines.length, 7)
})

test('events are written within a moment, without anybody asking', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable) })
  await predictThrough(gateway.url())
  await sleep(150)
  assert.equal(gateway.events(rollout).length, 1)
})

test('an events file that cannot be written is told in the status; clients are served', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await writeFile(join(gateway.state, 'events'), 'a file where the folder should be')
  const status = await gateway.put({ rollout, stable: memberOf(stable) })
  assert.match(status.eventsFailing ?? '', /events\/r1\.jsonl cannot be opened/)
  assert.equal((await predictThrough(gateway.url())).status, 200)
})

test('members that cannot be persisted are in force all the same, and the caller is told', async () => {
  await using stable = await startMember('a')
  await using gateway = await startTestGateway()
  await mkdir(join(gateway.state, 'members.json', 'in the way'), { recursive: true })
  await assert.rejects(
    gateway.put({ stable: memberOf(stable) }),
    /the members are in force, but could not be written to members\.json/,
  )
  assert.equal((await predictThrough(gateway.url())).status, 200)
  await rm(join(gateway.state, 'members.json'), { recursive: true })
  await gateway.put({ stable: memberOf(stable) })
  await gateway.restart()
  assert.equal((await predictThrough(gateway.url())).status, 200)
})

test('a share whose lease nobody renews goes back to stable, also after a restart; the next change gives it again', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const leased = { rollout, stable: memberOf(stable), canary: memberOf(canary), weight: 1, leaseMs: 1500 }
  const from = async () => (await predictThrough(gateway.url())).body.from
  const ended = async () => {
    while ((await gateway.status()).weight > 0) await sleep(10)
  }
  for (let renewals = 0; renewals < 3; renewals += 1) {
    await gateway.put(leased)
    await sleep(600)
    assert.equal(await from(), 'b')
  }
  await ended()
  assert.equal(await from(), 'a')
  const { leaseMs: _, ...unwatched } = { ...leased, weight: 0 }
  assert.deepEqual(JSON.parse(await readFile(join(gateway.state, 'members.json'), 'utf8')), unwatched)

  await gateway.put(leased)
  assert.equal(await from(), 'b')
  await gateway.restart()
  assert.equal(await from(), 'b')
  await ended()
  assert.equal(await from(), 'a')
  await gateway.put({ ...unwatched, weight: 1 })
  await sleep(1800)
  assert.equal(await from(), 'b')
})

test('control refuses who has no token, and members that make no sense', async () => {
  await using gateway = await startTestGateway()
  const { port, controlPort, pid } = JSON.parse(await readFile(join(gateway.state, 'gateway.json'), 'utf8'))
  assert.equal(pid, process.pid)
  assert.equal(`http://127.0.0.1:${port}`, gateway.url())
  assert.equal((await stat(join(gateway.state, 'control-token'))).mode & 0o777, 0o600)
  const bare = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${controlPort}/members`, { headers })
  assert.equal((await bare({})).status, 401)
  assert.equal((await bare({ authorization: 'Bearer wrong' })).status, 401)
  assert.equal((await fetch(`${gateway.url()}/members`)).status, 503)
  const member = { url: 'http://127.0.0.1:1', digest: digest('a') }
  const whole = { rollout: null, stable: member, canary: null, weight: 0 }
  const wrong = [
    [{ ...whole, weight: 2 }, /weight must be <= 1, got 2/],
    [{ ...whole, weight: 0.1 }, /weight is 0\.1 and canary is null/],
    [{ ...whole, rollout: '../x' }, /rollout/],
    [{ ...whole, stable: { ...member, url: 'http://127.0.0.1:1/path' } }, /stable/],
    [{ ...whole, other: 1 }, /other is not a known key/],
    [{ rollout: null }, /stable is missing/],
  ] as const
  for (const [members, expected] of wrong) {
    const answer = await gateway.control('PUT', '/members', members)
    assert.equal(answer.status, 422)
    assert.match((await json<{ detail: string }>(answer)).detail, expected)
  }
  assert.equal((await gateway.control('GET', '/other')).status, 404)
  assert.equal((await gateway.control('PUT', '/said', { said: 1 })).status, 422)
  assert.equal((await gateway.status()).stable, null)
})

test('who does not get the port changes nothing in the state folder', async () => {
  await using gateway = await startTestGateway()
  const before = await readFile(join(gateway.state, 'gateway.json'), 'utf8')
  const port = Number(new URL(gateway.url()).port)
  const second = startGateway({
    host: '127.0.0.1',
    port,
    state: gateway.state,
    tokenFile: join(gateway.state, 'control-token'),
  })
  await assert.rejects(second, { code: 'EADDRINUSE' })
  assert.equal(await readFile(join(gateway.state, 'gateway.json'), 'utf8'), before)
  assert.equal((await gateway.control('GET', '/members')).status, 200)
})

test('refuses to start on a damaged members.json or a token that others can read', async () => {
  await using gateway = await startTestGateway()
  await gateway.stop()
  await writeFile(join(gateway.state, 'members.json'), '{')
  await assert.rejects(gateway.restart(), /members\.json is not JSON: remove it and deploy again/)
  await writeFile(join(gateway.state, 'members.json'), '{}')
  await assert.rejects(gateway.restart(), /rollout is missing/)
  await writeFile(join(gateway.state, 'loose-token'), 'a token that is long enough', { mode: 0o644 })
  await assert.rejects(startTestGateway({ tokenFile: join(gateway.state, 'loose-token') }), /chmod 600/)
})

test('a stop answers what is in flight, writes its events, and takes no more', async () => {
  let answer: (() => void) | undefined
  await using stable = await startMember('a', (request, response, body) => {
    answer = () => answers('a')(request, response, body)
  })
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, stable: memberOf(stable) })
  const slow = predictThrough(gateway.url())
  while (!answer) await sleep(5)
  const stopped = gateway.stop()
  await sleep(30)
  await assert.rejects(predictThrough(gateway.url()))
  answer()
  assert.equal((await slow).status, 200)
  await stopped
  assert.equal(gateway.events(rollout).length, 1)
  await assert.rejects(stat(join(gateway.state, 'gateway.json')))
})
