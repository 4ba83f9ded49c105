import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { digest, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

const until = async (what: string, seen: () => Promise<boolean>) => {
  for (const limit = Date.now() + 60_000; !(await seen()); await sleep(10)) assert.ok(Date.now() < limit, what)
}

test('a canary that was never ready gets nothing, and nothing is booked against it; once it is, it is drawn', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  canary.ready = false
  await using gateway = await startTestGateway()
  await gateway.put({ rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  for (let request = 0; request < 5; request += 1) assert.equal((await predictThrough(gateway.url())).body.from, 'a')
  assert.deepEqual([canary.requests, (await gateway.status()).counts.canary.requests], [0, 0])
  canary.ready = true
  await until('the canary answers', async () => (await predictThrough(gateway.url())).body.from === 'b')
})

test('a canary that stops being ready gets nothing more: what was drawn for it is booked against it, and stable answers', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), weight: 1 }
  await gateway.put(members)
  assert.equal((await predictThrough(gateway.url())).body.from, 'b')
  canary.ready = false
  await until('word of it', async () => !(await gateway.status()).ready.canary)
  const before = canary.requests
  for (let request = 0; request < 3; request += 1) assert.equal((await predictThrough(gateway.url())).body.from, 'a')
  assert.equal(canary.requests, before)
  await gateway.put(members)
  assert.deepEqual(
    gateway
      .events('r')
      .slice(-3)
      .map(({ arm, status }) => [arm, status]),
    Array(3).fill(['canary', 0]),
  )
})

test('stable that is not ready, or another model at its port, is sent nothing: 503 with Retry-After, until it is ready', async () => {
  await using stable = await startMember('a')
  stable.ready = false
  await using gateway = await startTestGateway()
  await gateway.put({ stable: memberOf(stable) })
  const answer = await predictThrough(gateway.url())
  assert.deepEqual([answer.status, answer.headers.get('retry-after'), stable.requests], [503, '1', 0])
  stable.ready = true
  await until('an answer', async () => (await predictThrough(gateway.url())).status === 200)
  await gateway.put({ stable: { ...memberOf(stable), digest: digest('c') } })
  assert.equal((await predictThrough(gateway.url())).status, 503)
})

test('what is said of a trial is shown with its members, until another one is on', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), weight: 0.5 }
  await gateway.put(members)
  assert.equal((await gateway.control('PUT', '/said', { said: '10 canary requests' })).status, 200)
  await gateway.put(members)
  assert.equal((await gateway.status()).said, '10 canary requests')
  await gateway.put({ ...members, rollout: 's' })
  assert.equal((await gateway.status()).said, undefined)
})
