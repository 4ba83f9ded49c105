import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../serve/app.ts'
import { predicts } from '../../../serve/gateway/predictions.ts'
import { predictionRoute } from '../../../serve/prediction-route.ts'
import { answers, appOptions, memberOf, startMember, startTestGateway } from '../helper.ts'

const asking = [
  '/v1/predict',
  '/v1/predict?x=1',
  '/invocations',
  '/v2/models/sales/infer',
  '/v2/models/sales/versions/3/infer',
]
const others = [
  '/',
  '/v1/predictions',
  '/v1/predict/',
  '/invocations/x',
  '/v2/models/a/b/infer',
  '/v2/models//infer',
  '/ping',
]

test('predictions are asked for by POST, in three protocols, and nowhere else', () => {
  for (const path of asking) assert.ok(predicts('POST', path), path)
  for (const path of asking) assert.ok(!predicts('GET', path), path)
  for (const path of others) assert.ok(!predicts('POST', path), path)
})

test('each of them leads to a route that servers have', async () => {
  await using app = await createApp(appOptions)
  await app.ready()
  for (const path of asking) {
    const url = predictionRoute(path)
    assert.ok(url !== undefined && app.hasRoute({ method: 'POST', url }), path)
  }
  for (const path of others) assert.equal(predictionRoute(path), undefined, path)
})

test('all of them are drawn, booked, and asked of stable where the canary fails', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', answers('b', 500))
  await using gateway = await startTestGateway()
  await gateway.put({ rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), weight: 1 })
  for (const path of asking) {
    const answer = await fetch(gateway.url() + path, { method: 'POST', body: '{}' })
    assert.deepEqual([answer.status, ((await answer.json()) as { from: string }).from], [200, 'a'], path)
  }
  assert.equal(canary.requests, asking.length)
  await gateway.put({ rollout: 'r', stable: memberOf(stable) })
  assert.deepEqual(
    gateway.events('r').map(({ arm, status }) => [arm, status]),
    asking.map(() => ['canary', 500]),
  )
})
