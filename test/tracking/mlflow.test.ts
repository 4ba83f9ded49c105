import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { InputError } from '../../pipeline/errors.ts'
import { ask, createMlflow } from '../../pipeline/tracking/mlflow.ts'
import type { MlflowError } from '../../pipeline/tracking/mlflow-error.ts'
import { mockMlflow, uri } from './mock.ts'

const path = '/api/2.0/mlflow/runs/get'

test('a passing failure is tried again with growing random waits, no shorter than the server asks for', async () => {
  const { mlflow, server, waits } = mockMlflow()
  server.intercept({ path }).reply(503, 'busy').times(2)
  server.intercept({ path }).reply(429, 'slow down', { headers: { 'retry-after': '3' } })
  server.intercept({ path }).reply(200, { ok: 1 })
  assert.deepEqual(await ask(mlflow, { method: 'GET', path }), { ok: 1 })
  assert.equal(waits.length, 3)
  assert.ok((waits[0] ?? 0) <= 200 && (waits[1] ?? 0) <= 400)
  assert.equal(waits[2], 3000)
})

test('a call that must not be done twice is not, when its outcome is unknown', async () => {
  const { mlflow, server, waits } = mockMlflow()
  server.intercept({ path, method: 'POST' }).reply(502, 'gone')
  await assert.rejects(ask(mlflow, { method: 'POST', path, json: {} }), (error: MlflowError) => error.status === 502)
  assert.equal(waits.length, 0)
})

test('a call that never arrived is sent again, whatever it does', async () => {
  const { mlflow, server, waits } = mockMlflow()
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  server.intercept({ path, method: 'POST' }).replyWithError(refused)
  server.intercept({ path, method: 'POST' }).reply(200, {})
  await ask(mlflow, { method: 'POST', path, json: {} })
  assert.equal(waits.length, 1)
})

test('no answer at all: one error with address, call, reason and cure', async () => {
  const { mlflow, server } = mockMlflow()
  server
    .intercept({ path })
    .replyWithError(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5000'), { code: 'ECONNREFUSED' }))
    .times(5)
  await assert.rejects(ask(mlflow, { method: 'GET', path }), {
    name: 'MlflowError',
    status: 0,
    message:
      'MLflow at http://mlflow.test:5000 does not answer: GET /api/2.0/mlflow/runs/get: connect ECONNREFUSED 10.0.0.1:5000 (tried 5 times). ' +
      'Check that the server runs and can be reached from here, or unset MLFLOW_TRACKING_URI to use the embedded server',
  })
})

test("the server's own words are in the error, on one line and without control characters", async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept({ path }).reply(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'no\n\u001b[2Jgood' })
  await assert.rejects(ask(mlflow, { method: 'GET', path }), (error: MlflowError) => {
    assert.ok(error instanceof InputError)
    assert.equal(error.code, 'INVALID_PARAMETER_VALUE')
    assert.match(error.message, /GET \/api\/2\.0\/mlflow\/runs\/get → 400 INVALID_PARAMETER_VALUE no \[2Jgood\./)
    return true
  })
})

test('something that is not MLflow is called so', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept({ path }).reply(200, '<html>Welcome</html>')
  await assert.rejects(
    ask(mlflow, { method: 'GET', path }),
    /expected JSON, got "<html>Welcome<\/html>"\. Check that MLFLOW_TRACKING_URI/,
  )
})

test('credentials are sent and never shown, wherever they come from', async () => {
  const secret = 's3cr3t/with:signs'
  const inUri = `http://ada:${encodeURIComponent(secret)}@mlflow.test:5000/`
  for (const [settings, expected] of [
    [{ uri: inUri }, `Basic ${btoa(`ada:${secret}`)}`],
    [{ username: 'ada', password: secret }, `Basic ${btoa(`ada:${secret}`)}`],
    [{ token: secret }, `Bearer ${secret}`],
  ] as const) {
    const { mlflow, server } = mockMlflow(settings)
    let sent: unknown
    server.intercept({ path }).reply(401, (request) => {
      sent = (request.headers as { authorization?: string }).authorization
      return 'who are you?'
    })
    const error: unknown = await ask(mlflow, { method: 'GET', path }).catch((thrown) => thrown)
    assert.equal(sent, expected)
    assert.equal(mlflow.uri, uri)
    const shown = inspect([mlflow, error], { depth: 9, showHidden: true })
    assert.match(shown, /Set MLFLOW_TRACKING_TOKEN/)
    for (const form of [secret, encodeURIComponent(secret), btoa(`ada:${secret}`)])
      assert.ok(!shown.includes(form), form)
  }
})

test('a server or a proxy that repeats the credentials makes no error that shows them', async () => {
  const secret = 's3cr3t "<&> with/signs='
  const basic = btoa(`ada:${secret}`)
  const repeated = (form: string): readonly [number, string | object][] => [
    [401, { error_code: `NO ${form}`, message: `you sent Authorization: ${form}` }],
    [403, `<html><i title="${form}">you sent</i> ${JSON.stringify({ form })} ${encodeURIComponent(form)}</html>`],
    [
      400,
      `${form.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}, ${'x'.repeat(185)}${form}`,
    ],
    [400, `<${'-'.repeat(4060)}>${form}`],
    [200, `no JSON: ${form}`],
    [200, JSON.stringify({ form }).slice(1)],
  ]
  for (const [settings, form] of [
    [{ token: secret }, `Bearer ${secret}`],
    [{ username: 'ada', password: secret }, `Basic ${basic}`],
    [{ username: 'ada', password: secret }, `ada:${secret}`],
    [{ uri: `http://ada:${encodeURIComponent(secret)}@mlflow.test:5000` }, `Basic ${basic.replace(/=+$/, '')}`],
  ] as const) {
    for (const [status, body] of repeated(form)) {
      const { mlflow, server } = mockMlflow(settings)
      server.intercept({ path }).reply(status, body)
      const error: unknown = await ask(mlflow, { method: 'GET', path }).catch((thrown) => thrown)
      const shown = inspect(error, { depth: 9, showHidden: true })
      for (const part of ['s3cr3t', 'with/', 'with%2F', basic.slice(0, 12)]) assert.ok(!shown.includes(part), shown)
      assert.match((error as Error).message, /‹hidden›/)
    }
    const { mlflow, server } = mockMlflow(settings)
    server.intercept({ path, method: 'POST' }).replyWithError(new Error(`bad header ${form}`))
    await assert.rejects(ask(mlflow, { method: 'POST', path }), /does not answer: POST .* bad header .*‹hidden›/)
  }
})

test('a URI that no MLflow server can have is refused, and not repeated where it may hold a password', () => {
  assert.throws(() => createMlflow({ uri: 'file:///tmp/mlruns' }), /starts with file:, expected http: or https:/)
  assert.throws(
    () => createMlflow({ uri: 'http://ada:pass word@[' }),
    (error: Error) =>
      error instanceof InputError && /is not a URI/.test(error.message) && !error.message.includes('pass'),
  )
})
