import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { random } from '../../../pipeline/random.ts'
import { createDraws } from '../../../serve/gateway/draws.ts'
import { createInOrder } from '../../../serve/gateway/in-order.ts'
import { answers, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

test('whatever order things end in, they are passed on in the order in which they began, each once', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const next = random(seed)
    const passed: number[] = []
    const order = createInOrder<number>((value) => passed.push(value))
    const open: number[] = []
    for (let n = 0; n < 200 || open.length > 0; n++) {
      if (n < 200) open.push(order.begin())
      while (open.length > 0 && (next() < 0.45 || n >= 200)) {
        const [place = 0] = open.splice(Math.floor(next() * open.length), 1)
        order.end(place, place)
      }
      assert.deepEqual(
        passed,
        Array.from({ length: passed.length }, (_, index) => index),
      )
      const first = Math.min(...open, Math.min(n + 1, 200))
      assert.equal(passed.length, first)
    }
    assert.equal(passed.length, 200)
  }
})

test('events of a quick canary wait for those of a slow stable that were drawn before: the log has the order of the draws', async () => {
  const slow = answers('a')
  await using stable = await startMember('a', (...given) => setTimeout(() => slow(...given), 300))
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', seed: 7, timeoutMs: 1000, stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, weight: 0.5 })
  await Promise.all(Array.from({ length: 40 }, () => predictThrough(gateway.url())))
  await gateway.put({ ...members, weight: 0 })
  const draw = createDraws(7)
  const drawn = Array.from({ length: 40 }, () => (draw() < 0.5 ? 'canary' : 'stable'))
  assert.deepEqual(
    gateway.events('r').map(({ arm }) => arm),
    drawn,
  )
})

test('a stable that says nothing for long is booked after the time that a canary has, and holds nobody up for longer', async () => {
  await using stable = await startMember('a', () => {})
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', seed: 7, timeoutMs: 5000, stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, weight: 0.5 })
  const asked = Promise.allSettled(Array.from({ length: 10 }, () => predictThrough(gateway.url())))
  while (gateway.events('r').length < 10) await sleep(20)
  const events = gateway.events('r')
  assert.equal(events.length, 10)
  for (const { arm, status } of events) assert.equal(status, arm === 'stable' ? 0 : 200)
  await stable.close()
  await asked
})
