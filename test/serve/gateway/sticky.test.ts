import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSticky } from '../../../serve/gateway/sticky.ts'
import { memberOf, startMember, startTestGateway } from '../helper.ts'

const ask = async (url: string, headers: Record<string, string>) => {
  const answer = await fetch(`${url}/v1/predict`, { method: 'POST', body: '{}', headers })
  return ((await answer.json()) as { from: string }).from
}

test('a client keeps its arm, also when the weight rises and after a restart; its events name it the same, and not by its name', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  await using gateway = await startTestGateway()
  const members = { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), stickyHeader: 'x-customer' }
  const everybody = Array.from({ length: 40 }, (_, index) => `customer ${index}`)
  const arms = async () => {
    const got = []
    for (const name of everybody) got.push(await ask(gateway.url(), { 'X-Customer': name }))
    return got
  }
  await gateway.put({ ...members, weight: 0.3 })
  const first = await arms()
  const share = first.filter((arm) => arm === 'b').length
  assert.ok(share > 2 && share < 30, `${share} of 40 at 30 %`)
  assert.deepEqual(await arms(), first)
  await gateway.restart()
  assert.deepEqual(await arms(), first)
  await gateway.put({ ...members, weight: 0.7 })
  const later = await arms()
  for (const [index, arm] of first.entries()) if (arm === 'b') assert.equal(later[index], 'b')
  await gateway.put(members)

  const events = gateway.events('r')
  assert.equal(events.length, 160)
  for (const { client = '', arm, weight } of events) {
    assert.match(client, /^[0-9a-f]{12}$/)
    assert.equal(Number.parseInt(client, 16) / 2 ** 48 < weight, arm === 'canary')
  }
  assert.equal(new Set(events.map(({ client }) => client)).size, 40)
  assert.ok(!JSON.stringify(events).includes('customer'))
})

test('without the header a request is drawn by itself; an absurd one counts as none', async () => {
  const place = createSticky('secret')
  const members = { rollout: 'r', stable: null, canary: null, weight: 0, stickyHeader: 'x-customer' }
  assert.equal(place(members, {}), undefined)
  assert.equal(place(members, { 'x-customer': 'x'.repeat(513) }), undefined)
  assert.equal(place({ ...members, rollout: null }, { 'x-customer': 'x' }), undefined)
  const one = place(members, { 'x-customer': 'x' })
  assert.deepEqual(place(members, { 'x-customer': 'x' }), one)
  assert.notDeepEqual(place({ ...members, rollout: 'r2' }, { 'x-customer': 'x' }), one)
  assert.notDeepEqual(createSticky('another')(members, { 'x-customer': 'x' }), one)
})
