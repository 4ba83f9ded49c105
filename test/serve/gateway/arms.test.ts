// Which arm answers a request, who answers in its place, and what is booked of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDraws } from '../../../serve/gateway/draws.ts'
import { answers, barelyTried, digest, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

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
  assert.ok(Math.abs(Date.now() - at) < 60_000 && ms > 0 && ms < 60_000)
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
    const timeoutMs = what === 'never answers' ? 200 : 60_000
    await gateway.put({ rollout, timeoutMs, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
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
  await gateway.put({ rollout, timeoutMs: 50, ...barelyTried(stable) })
  assert.equal((await predictThrough(gateway.url())).status, 200)
  await gateway.put({ rollout, timeoutMs: 50, ...barelyTried(stable) })
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
