import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers, memberOf, startMember, startTestGateway } from '../helper.ts'

test('the gateway tells each member which arm it was asked as, whatever a client says, and gives all attempts one request id', async () => {
  const seen: (readonly [string, unknown, unknown])[] = []
  const note =
    (letter: string, status: number): ReturnType<typeof answers> =>
    (request, response, body) => {
      seen.push([letter, request.headers['x-mergeline-arm'], request.headers['x-request-id']])
      answers(letter, status)(request, response, body)
    }
  await using stable = await startMember('a', note('a', 200))
  await using canary = await startMember('b', note('b', 500))
  await using gateway = await startTestGateway()
  await gateway.put({ rollout: 'r', seed: 1, stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  const ask = (headers: Record<string, string>) =>
    fetch(`${gateway.url()}/v1/predict`, {
      method: 'POST',
      headers: { 'x-mergeline-arm': 'shadow', ...headers },
      body: '{}',
    })
  await (await ask({})).text()
  await (await ask({ 'x-request-id': 'my own' })).text()
  assert.deepEqual(
    seen.map(([letter, arm]) => [letter, arm]),
    [
      ['b', 'canary'],
      ['a', 'stable'],
      ['b', 'canary'],
      ['a', 'stable'],
    ],
  )
  const ids = seen.map(([, , id]) => id)
  assert.match(String(ids[0]), /^[0-9a-f-]{36}$/)
  assert.equal(ids[0], ids[1])
  assert.deepEqual(ids.slice(2), ['my own', 'my own'])
})
