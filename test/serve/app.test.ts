import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../serve/app.ts'
import { apiKey, digest, fakeBundle, appOptions as options, record, sha256 } from './helper.ts'

const authorization = `Bearer ${apiKey}`
const app = await createApp(options)
const predict = (payload: unknown, headers: Record<string, string> = { authorization }) =>
  app.inject({
    method: 'POST',
    url: '/v1/predict',
    headers: { 'content-type': 'application/json', ...headers },
    payload: payload as object,
  })

test('predicts records, in order, and names the digest', async () => {
  const answer = await predict({ records: [record, { ...record, temperature_c: 5 }] })
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(answer.json(), { predictions: [200, 50], digest: digest('a') })
  assert.equal(answer.headers['x-mergeline-digest'], digest('a'))
})

test('predicts one record sent by itself', async () => {
  assert.deepEqual((await predict(record)).json(), { predictions: [200], digest: digest('a') })
})

test('tells the gateway the reference bin of the first prediction, and whether any is out of range', async () => {
  const at = async (...temperatures: number[]) => {
    const { headers } = await predict({ records: temperatures.map((temperature_c) => ({ ...record, temperature_c })) })
    return [headers['x-mergeline-bin'], headers['x-mergeline-out-of-range']].map(Number)
  }
  assert.deepEqual(await at(0.5, 20), [0, 0])
  assert.deepEqual(await at(1), [1, 0])
  assert.deepEqual(await at(9.99), [9, 0])
  assert.deepEqual(await at(29, 2), [19, 0])
  assert.deepEqual(await at(5, 31), [5, 1])
  assert.deepEqual(await at(-1), [0, 1])
})

test('refuses what is not a record, and names each wrong field without repeating it', async () => {
  const answer = await predict({
    records: [record, { shop: 'secret place', date: '2026-13-01', temperature_c: '20', recent: [1, null, 3], rain: 1 }],
  })
  assert.equal(answer.statusCode, 422)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.deepEqual(answer.json().errors, [
    { field: 'records.1.shop', pointer: '#/records/1/shop', message: 'must be one of north, south' },
    { field: 'records.1.date', pointer: '#/records/1/date', message: 'must match format "date"' },
    { field: 'records.1.temperature_c', pointer: '#/records/1/temperature_c', message: 'must be number' },
    { field: 'records.1.recent.1', pointer: '#/records/1/recent/1', message: 'must be number' },
    { field: 'records.1.rain', pointer: '#/records/1/rain', message: 'is not a field of a record' },
  ])
  assert.doesNotMatch(answer.body, /secret place/)
})

const unprocessable = [
  ['no record', { records: [] }, 'records must be an array of 1 to 1000 records'],
  ['no array', { records: record }, 'records must be an array of 1 to 1000 records'],
  [
    'too many records',
    { records: Array.from({ length: 1001 }, () => 1) },
    'records must be an array of 1 to 1000 records',
  ],
  ['a key beside records', { records: [record], model: 'x' }, 'model is not known beside records'],
  ['a missing field', { records: [{ ...record, shop: undefined }] }, 'records.0.shop is missing'],
  ['an array', [record], 'body must be {"records": [...]} or one record'],
  ['a record that is a number', { records: [1] }, 'records.0 must be a record (an object)'],
  ['null for a number', { ...record, temperature_c: null }, 'temperature_c must be number'],
] as const
for (const [what, body, detail] of unprocessable) {
  test(`refuses ${what} with 422`, async () => {
    const answer = await predict(JSON.stringify(body))
    assert.equal(answer.statusCode, 422)
    assert.equal(answer.json().detail, detail)
  })
}

test('refuses broken JSON with 400, other types with 415, more than 1 MiB with 413, each as a problem that names the digest', async () => {
  const answers = [
    await predict('{"records":[', { authorization }),
    await predict('', { authorization }),
    await predict('a=1', { authorization, 'content-type': 'application/x-www-form-urlencoded' }),
    await predict(JSON.stringify({ records: 'x'.repeat(1024 * 1024) })),
    await app.inject('/nowhere'),
  ]
  assert.deepEqual(
    answers.map((answer) => answer.statusCode),
    [400, 400, 415, 413, 404],
  )
  for (const answer of answers) {
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal(answer.json().status, answer.statusCode)
    assert.equal(answer.headers['x-mergeline-digest'], digest('a'))
  }
})

test('refuses who has no key before the body is read', async () => {
  for (const authorization of ['', 'Bearer ', 'Bearer wrong', `Basic ${apiKey}`, apiKey, `Bearer ${sha256(apiKey)}`]) {
    const answer = await predict('not JSON', { authorization })
    assert.equal(answer.statusCode, 401, authorization)
    assert.equal(answer.headers['www-authenticate'], 'Bearer')
    assert.equal(answer.json().title, 'Unauthorized')
  }
})

test('tells that it lives and is ready, without a key, and not ready while it drains, when it still answers', async () => {
  const draining = await createApp(options)
  assert.equal((await draining.inject('/live')).statusCode, 200)
  assert.deepEqual((await draining.inject('/ready')).json(), { digest: digest('a'), pid: process.pid, ready: true })
  draining.drain()
  const ready = await draining.inject('/ready')
  assert.equal(ready.statusCode, 503)
  assert.equal(ready.json().detail, 'this server is draining')
  assert.equal((await draining.inject('/live')).statusCode, 200)
  const answer = await draining.inject({
    method: 'POST',
    url: '/v1/predict',
    headers: { authorization },
    payload: record,
  })
  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['connection'], 'close')
})

test('predicts requests of one turn as one batch', async () => {
  const batches: number[] = []
  const bundle = fakeBundle()
  const batching = await createApp({
    ...options,
    bundle: {
      ...bundle,
      predict: (records) => {
        batches.push(records.length)
        return bundle.predict(records)
      },
    },
  })
  // What it is asked before anybody asks, to know its pace.
  batches.length = 0
  const answers = await Promise.all(
    [1, 2, 3, 4].map((temperature_c) =>
      batching.inject({
        method: 'POST',
        url: '/v1/predict',
        headers: { authorization },
        payload: { ...record, temperature_c },
      }),
    ),
  )
  assert.deepEqual(
    answers.map((answer) => answer.json().predictions),
    [[10], [20], [30], [40]],
  )
  assert.deepEqual(batches, [4])
})

test('refuses with 503 and Retry-After what is beyond its limit, and takes requests again afterwards', async () => {
  const small = await createApp({ ...options, maxInFlight: 2 })
  const send = () => small.inject({ method: 'POST', url: '/v1/predict', headers: { authorization }, payload: record })
  const answers = await Promise.all([send(), send(), send(), send()])
  assert.deepEqual(answers.map((answer) => answer.statusCode).sort(), [200, 200, 503, 503])
  assert.equal(answers.find((answer) => answer.statusCode === 503)?.headers['retry-after'], '1')
  for (let round = 0; round < 3; round += 1) assert.equal((await send()).statusCode, 200)
})

test('refuses who would wait too long for those before, but never a handful', async () => {
  const slow = await createApp({
    ...options,
    maxWaitMs: 50,
    bundle: fakeBundle({
      predict: (records) => {
        for (const until = performance.now() + 5 * records.length; performance.now() < until; );
        return records.map(() => 1)
      },
    }),
  })
  const send = () => slow.inject({ method: 'POST', url: '/v1/predict', headers: { authorization }, payload: record })
  const statuses = async (count: number) =>
    (await Promise.all(Array.from({ length: count }, send))).map(({ statusCode }) => statusCode)
  assert.deepEqual(await statuses(8), Array(8).fill(200))
  // At 5 ms a record the eleventh has 50 ms before it; the machine may make it more.
  const answered = (await statuses(40)).filter((status) => status === 200).length
  assert.ok(answered >= 8 && answered <= 11, `${answered} of 40`)
})

test('answers 500, and tells nothing of its insides, when the model fails or predicts no number', async () => {
  const failures = [
    () => {
      throw new Error('a secret of the machine')
    },
    () => [Number.NaN],
    () => [],
  ]
  for (const fails of failures) {
    const failing = await createApp({ ...options, bundle: fakeBundle({ predict: fails }) })
    const answer = await failing.inject({
      method: 'POST',
      url: '/v1/predict',
      headers: { authorization },
      payload: record,
    })
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.json().detail, 'the server failed at this request; its log says why')
  }
})

test('refuses a record for which the model predicts more than any number: valid, but far from all it has seen', async () => {
  const overflowing = await createApp({
    ...options,
    bundle: fakeBundle({ predict: () => [1, Number.POSITIVE_INFINITY] }),
  })
  const answer = await overflowing.inject({
    method: 'POST',
    url: '/v1/predict',
    headers: { authorization },
    payload: { records: [record, record] },
  })
  assert.equal(answer.statusCode, 422)
  assert.match(answer.json().detail, /^record 2 of the request is so far from/)
})

test('counts answers by class of status, with the digest and the environment', async () => {
  const counted = await createApp(options)
  await counted.inject({ method: 'POST', url: '/v1/predict', headers: { authorization }, payload: record })
  await counted.inject({ method: 'POST', url: '/v1/predict', payload: record })
  await counted.inject('/secret/path')
  const metrics = await counted.inject('/metrics')
  assert.match(String(metrics.headers['content-type']), /^text\/plain/)
  const labels = `digest="${digest('a')}",environment="test"`
  assert.ok(
    metrics.body.includes(`mergeline_requests_total{route="/v1/predict",status="2xx",${labels}} 1`),
    metrics.body,
  )
  assert.ok(metrics.body.includes(`mergeline_requests_total{route="/v1/predict",status="4xx",${labels}} 1`))
  assert.ok(metrics.body.includes(`mergeline_batch_records_count{${labels}} 1`))
  assert.ok(
    metrics.body.includes(`mergeline_request_duration_seconds_bucket{route="/v1/predict",le="+Inf",${labels}} 2`),
  )
  assert.ok(metrics.body.includes(`mergeline_predictions_bucket{le="190",${labels}} 0`))
  assert.ok(metrics.body.includes(`mergeline_predictions_bucket{le="+Inf",${labels}} 1`))
  assert.ok(metrics.body.includes(`mergeline_predictions_sum{${labels}} 200`))
  assert.doesNotMatch(metrics.body, /secret/)
})

test('logs neither bodies nor keys', async () => {
  const lines: string[] = []
  const logging = await createApp({
    ...options,
    logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } },
  })
  const body = { ...record, shop: 'private matter' }
  for (const key of [authorization, 'Bearer wrong-key']) {
    await logging.inject({
      method: 'POST',
      url: '/v1/predict?q=private',
      headers: { authorization: key },
      payload: body,
    })
  }
  assert.ok(lines.length >= 2)
  assert.doesNotMatch(lines.join(''), /private|a key for tests|wrong-key/)
})
