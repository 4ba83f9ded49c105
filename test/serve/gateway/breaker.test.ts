import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createBreaker } from '../../../serve/gateway/breaker.ts'
import { answers, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

test('opens after five requests in a row without an answer, then lets one at a time through, after longer and longer pauses', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  for (let failure = 0; failure < 4; failure += 1) breaker.tell(false)
  breaker.tell(true)
  for (let failure = 0; failure < 4; failure += 1) breaker.tell(false)
  assert.ok(breaker.ask() && !breaker.open)
  breaker.tell(false)
  assert.ok(!breaker.ask() && breaker.open)
  // Those that were on their way fail too: nothing new.
  breaker.tell(false)
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    now += pause - 1
    assert.ok(!breaker.ask(), `closed before ${pause} ms`)
    now += 1
    assert.ok(breaker.ask(), `open after ${pause} ms`)
    assert.ok(!breaker.ask(), 'one at a time')
    breaker.tell(false)
  }
  now += 30_000
  assert.ok(breaker.ask())
  breaker.tell(true)
  assert.ok(!breaker.open && breaker.ask() && breaker.ask())
})

test('a canary that never answers is asked five times, and then costs clients no time; what it is not asked is no draw', async (t) => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', () => {})
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', timeoutMs: 100, stable: memberOf(stable), canary: memberOf(canary), weight: 1 }
  await gateway.put(members)
  // However slow this machine is, its pause is not over.
  using _clock = stopClock(t)
  for (let request = 0; request < 5; request += 1) await predictThrough(gateway.url())
  for (let request = 0; request < 10; request += 1) assert.equal((await predictThrough(gateway.url())).body.from, 'a')
  assert.equal(canary.requests, 5)
  const { counts } = await gateway.put(members)
  assert.deepEqual(counts.canary, { requests: 5, errors: 5 })
  assert.deepEqual(
    gateway.events('r').map(({ arm, weight }) => `${arm} ${weight}`),
    [...Array(5).fill('canary 1'), ...Array(10).fill('stable 0')],
  )
})

test('a canary that was cut off on trial and becomes stable is asked at once: nobody else answers in its place', async (t) => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', () => {})
  await using gateway = await startTestGateway()
  using _clock = stopClock(t)
  await gateway.put({ rollout: 'r', timeoutMs: 100, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  for (let request = 0; request < 6; request += 1) await predictThrough(gateway.url())
  assert.equal(canary.requests, 5)
  canary.answer = answers('b')
  await gateway.put({ rollout: null, stable: memberOf(canary) })
  assert.equal((await predictThrough(gateway.url())).body.from, 'b')
})

/** No time passes until it is disposed, which must be before a gateway is: one that ends looks at the clock. */
function stopClock(t: TestContext): Disposable {
  const now = performance.now()
  const { mock } = t.mock.method(performance, 'now', () => now)
  return { [Symbol.dispose]: () => mock.restore() }
}
