import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { disagrees } from '../../../serve/gateway/mirror.ts'
import { memberOf, predictThrough, readLines, startMember, startTestGateway } from '../helper.ts'

const answer = (value: unknown, status = 200) => ({
  status,
  ms: 1,
  headers: {},
  body: Buffer.from(JSON.stringify(value)),
})
const none = { status: 0, ms: 1, why: 'connection', message: '' } as const

test('two answers disagree when a prediction differs by more than is tolerated, in any protocol', () => {
  const ours = answer({ predictions: [1, 2] })
  const cases: [Parameters<typeof disagrees>[1], 0 | 1][] = [
    [answer({ predictions: [1, 2] }), 0],
    [answer({ predictions: [1, 2.5] }), 0],
    [answer({ predictions: [1, 2.6] }), 1],
    [answer({ predictions: [1] }), 1],
    [answer({ predictions: [1, null] }), 1],
    [answer({ predictions: [1, 2] }, 500), 1],
    [answer('nonsense'), 1],
    [answer({ outputs: [{ data: [1, 2] }] }), 0],
    [none, 1],
  ]
  for (const [theirs, expected] of cases) assert.equal(disagrees(ours, theirs, 0.5), expected, JSON.stringify(theirs))
  for (const stable of [none, answer({ detail: 'no' }, 422), answer({ predictions: [] })])
    assert.equal(disagrees(stable, ours, 0.5), null)
})

test('copies go to the canary and delay nobody; each pair is an event, and no body is kept', async () => {
  const say = (prediction: number, when?: Promise<void>) => async (_request: unknown, response: ServerResponse) => {
    await when
    response.end(JSON.stringify({ predictions: [prediction] }))
  }
  const held = Promise.withResolvers<void>()
  await using stable = await startMember('a', say(10))
  // Digits that no time and no length in an event has by chance.
  const kept = 10.204060801
  await using canary = await startMember('b', say(kept, held.promise))
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', timeoutMs: 60_000, stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, mirror: { share: 1, tolerance: 0.5 } })
  // The canary answers none of these yet.
  for (let request = 0; request < 3; request += 1)
    assert.deepEqual((await predictThrough(gateway.url(), '{"secret":1}')).body, { predictions: [10] })
  canary.answer = say(11)
  await predictThrough(gateway.url())
  canary.answer = (_request, response) => response.destroy()
  assert.equal((await predictThrough(gateway.url())).status, 200)
  assert.deepEqual((await gateway.status()).inFlight, { [stable.url]: 3, [canary.url]: 3 })
  held.resolve()
  for (const until = Date.now() + 60_000; Object.keys((await gateway.status()).inFlight).length > 0; await sleep(20))
    assert.ok(Date.now() < until)
  assert.deepEqual([canary.requests, stable.requests], [5, 5])
  await gateway.put(members)
  const lines = readLines(gateway.state, 'r')
  const pairs = lines.map((line) => JSON.parse(line)).filter((event) => 'disagrees' in event)
  assert.deepEqual(pairs.map(({ disagrees }) => disagrees).sort(), [0, 0, 0, 1, 1])
  assert.deepEqual(
    gateway.events('r').map(({ n }) => n),
    Array.from({ length: 10 }, (_, index) => index + 1),
  )
  assert.ok(!lines.join().includes('secret') && !lines.join().includes(String(kept)))
  assert.equal((await gateway.status()).counts.canary.requests, 0)
})

test('a copy is marked as one, and a mirror without a canary in the shadow is refused', async () => {
  const arms: unknown[] = []
  await using stable = await startMember('a')
  await using canary = await startMember('b', (request, response) => {
    arms.push(request.headers['x-mergeline-arm'])
    response.end('{}')
  })
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, mirror: { share: 1, tolerance: 0 } })
  await predictThrough(gateway.url())
  while (arms.length === 0) await sleep(5)
  assert.deepEqual(arms, ['shadow'])
  const mirror = { share: 1, tolerance: 0 }
  await assert.rejects(
    gateway.put({ ...members, weight: 0.1, mirror }),
    /mirror needs a rollout, and a canary of weight 0/,
  )
  await assert.rejects(gateway.put({ rollout: 'r', stable: memberOf(stable), mirror }), /mirror needs/)
})
