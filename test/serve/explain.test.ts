import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../serve/app.ts'
import { apiKey, appOptions, fakeBundle, record } from './helper.ts'

const headers = { authorization: `Bearer ${apiKey}` }
type Explained = {
  readonly predictions: readonly number[]
  readonly explanations?: readonly {
    readonly baseline: number
    readonly contributions: { readonly [field: string]: number }
  }[]
}
const bundle = fakeBundle({
  golden: [10, 20].map((temperature_c) => ({
    record: { ...record, temperature_c } as never,
    prediction: temperature_c * 10,
  })),
})
const app = await createApp({ ...appOptions, bundle })
const ask = (query: string, payload: object) =>
  app.inject({ method: 'POST', url: `/v1/predict${query}`, headers, payload })

test('a prediction comes with what each field adds to the mean of the golden records, when asked for', async () => {
  const answer = await ask('?explain=true', { records: [{ ...record, temperature_c: 25 }, record] })
  assert.equal(answer.statusCode, 200, answer.body)
  const { predictions, explanations = [] } = answer.json() as Explained
  assert.deepEqual(predictions, [250, 200])
  assert.deepEqual(
    explanations.map(({ baseline, contributions }) => ({ baseline, contributions })),
    [
      { baseline: 150, contributions: { shop: 0, date: 0, temperature_c: 100, recent: 0 } },
      { baseline: 150, contributions: { shop: 0, date: 0, temperature_c: 50, recent: 0 } },
    ],
  )
  assert.equal((await ask('', record)).json().explanations, undefined)
  assert.equal((await ask('?explain=false', record)).json().explanations, undefined)
  assert.equal((await ask('?explain=why', record)).statusCode, 422)
})

test('of a large request the first ten are explained; those who come when fifty wait are refused', async () => {
  const many = { records: Array.from({ length: 12 }, () => record) }
  assert.equal((await ask('?explain=true', many)).json().explanations.length, 10)
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('?explain=true', many)))
  const statuses = answers.map((answer) => answer.statusCode).sort()
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 503, 503, 503])
  assert.equal((await ask('?explain=true', many)).statusCode, 200)
})

test('what cannot be explained by finite numbers is refused', async () => {
  const predict = (records: readonly object[]) =>
    records.map((one) => ((one as typeof record).shop === 'south' ? Number.POSITIVE_INFINITY : 1))
  const golden = [{ record: { ...record, shop: 'south' } as never, prediction: 1 }]
  const odd = await createApp({ ...appOptions, bundle: fakeBundle({ predict, golden }) })
  const answer = await odd.inject({ method: 'POST', url: '/v1/predict?explain=true', headers, payload: record })
  assert.equal(answer.statusCode, 422)
  assert.match(answer.json().detail, /cannot be explained/)
})

test('an explanation is made in pieces, so that others are answered in between', async () => {
  const calls: number[] = []
  const predict = (records: readonly object[]) => {
    for (const until = performance.now() + records.length; performance.now() < until; );
    calls.push(records.length)
    return records.map(() => 1)
  }
  const golden = Array.from({ length: 20 }, () => ({ record: record as never, prediction: 1 }))
  const slow = await createApp({ ...appOptions, bundle: fakeBundle({ predict, golden }) })
  const send = (url: string) => slow.inject({ method: 'POST', url, headers, payload: record })
  const explained = send('/v1/predict?explain=true')
  // At 1 ms a record and more, 20 ms are 20 records and fewer.
  while (calls.length < 6) await new Promise(setImmediate)
  assert.equal((await send('/v1/predict')).statusCode, 200)
  const answered = calls.length
  assert.equal((await explained).statusCode, 200)
  assert.ok(Math.max(...calls) <= 20, String(calls))
  assert.ok(calls.length > answered + 2, `${answered} of ${calls.length}`)
})
