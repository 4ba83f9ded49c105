import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import { createApp } from '../../serve/app.ts'
import { apiKey, appOptions, fakeBundle, record } from './helper.ts'

const headers = { authorization: `Bearer ${apiKey}` }
const interval = { coverage: 0.9, below: -0.2, above: 0.1, records: 100 }
const { profile } = fakeBundle()

test('a prediction comes with its interval and the coverage, when asked for; a model without one says so, and its description offers none', async () => {
  const app = await createApp({ ...appOptions, bundle: fakeBundle({ profile: { ...profile, interval } }) })
  const ask = (query: string) => app.inject({ method: 'POST', url: `/v1/predict${query}`, headers, payload: record })
  const told = (await ask('?interval=true')).json()
  const [prediction] = told.predictions
  assert.deepEqual(told.intervals, [boundsOf(interval, prediction)])
  assert.ok(told.intervals[0].low < prediction && prediction < told.intervals[0].high)
  assert.equal((await ask('')).json().intervals, undefined)
  assert.equal((await ask('?interval=wide')).statusCode, 422)
  const without = await createApp(appOptions)
  const answer = await without.inject({ method: 'POST', url: '/v1/predict?interval=true', headers, payload: record })
  assert.equal(answer.statusCode, 422)
  assert.match(answer.json().detail, /no intervals/)
  for (const [described, named] of [
    [app, ['explain', 'interval']],
    [without, ['explain']],
  ] as const) {
    const { parameters } = (await described.inject('/openapi.json')).json().paths['/v1/predict'].post
    assert.deepEqual(
      parameters.map(({ name }: { name: string }) => name),
      named,
    )
  }
})
