import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, barelyTried, predictThrough, startMember, startTestGateway } from '../helper.ts'

test('one more than may be in flight is refused with 503 and Retry-After, at once; the rest is answered', async () => {
  const waiting: (() => void)[] = []
  await using stable = await startMember('a', (request, response, body) => {
    waiting.push(() => answers('a')(request, response, body))
  })
  await using gateway = await startTestGateway({ maxInFlight: 3 })
  await gateway.put({ rollout: 'r', ...barelyTried(stable) })
  const held = Array.from({ length: 3 }, () => predictThrough(gateway.url()))
  while (waiting.length < 3) await sleep(5)
  const refused = await predictThrough(gateway.url())
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
  assert.equal(stable.requests, 3)
  for (const answer of waiting) answer()
  for (const { status } of await Promise.all(held)) assert.equal(status, 200)
  stable.answer = answers('a')
  assert.equal((await predictThrough(gateway.url())).status, 200)
  await gateway.put({ rollout: 'r', ...barelyTried(stable) })
  // What was refused before it was drawn is no evidence about any arm.
  assert.equal(gateway.events('r').length, 4)
})
