import assert from 'node:assert/strict'
import test from 'node:test'
import { logDataset } from '../../pipeline/tracking/dataset.ts'
import { createRun, digestsOn, findRun, logMetrics, runUrl } from '../../pipeline/tracking/runs.ts'
import { mockMlflow } from './mock.ts'

const api = '/api/2.0/mlflow'
const fingerprint = `sha256:${'a'.repeat(64)}`
const byName = { path: `${api}/experiments/get-by-name?experiment_name=sales` }
const missing = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }
const found = { experiment: { experiment_id: '7', lifecycle_stage: 'active' } }

function rawRun(id: string, tags: { [name: string]: string }, params: { [name: string]: string } = {}) {
  const info = {
    run_id: id,
    experiment_id: '7',
    status: 'FINISHED',
    artifact_uri: `mlflow-artifacts:/7/${id}/artifacts`,
  }
  const pairs = (named: { [name: string]: string }) => Object.entries(named).map(([key, value]) => ({ key, value }))
  return { info, data: { tags: pairs(tags), params: pairs(params) } }
}

test('only a finished run whose bundle was logged is found', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept(byName).reply(200, found)
  let asked = ''
  server.intercept({ path: `${api}/runs/search`, method: 'POST' }).reply(200, ({ body }) => {
    asked = String(body)
    return { runs: [rawRun('half', {}), rawRun('whole', { 'mergeline.digest': 'sha256:b' })] }
  })
  assert.equal((await findRun(mlflow, 'sales', { fingerprint }))?.id, 'whole')
  assert.equal(
    JSON.parse(asked).filter,
    `tags.\`mergeline.fingerprint\` = '${fingerprint}' AND attributes.status = 'FINISHED'`,
  )
})

test('the digests of all runs on the same data are read page by page', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept(byName).reply(200, found)
  const asked: { filter: string; page_token?: string }[] = []
  const answer = (answered: object) =>
    server.intercept({ path: `${api}/runs/search`, method: 'POST' }).reply(200, ({ body }) => {
      asked.push(JSON.parse(String(body)))
      return answered
    })
  const tagged = (id: string, digest: string) => rawRun(id, { 'mergeline.digest': digest })
  answer({ runs: [tagged('r1', 'sha256:a'), rawRun('half', {})], next_page_token: 'more' })
  answer({ runs: [tagged('r2', 'sha256:b'), tagged('r3', 'sha256:a')] })
  assert.deepEqual(await digestsOn(mlflow, 'sales', 'd.dir'), ['sha256:a', 'sha256:b', 'sha256:a'])
  assert.deepEqual(
    asked.map(({ page_token }) => page_token),
    [undefined, 'more'],
  )
  assert.equal(asked[0]?.filter, "params.data = 'd.dir' AND attributes.status = 'FINISHED'")
})

test('a run whose digest was changed, and two runs that differ in it, are refused by name', async () => {
  const { mlflow, server } = mockMlflow()
  const tagged = (digest: string) => ({ 'mergeline.digest': `sha256:${digest}` })
  for (const [runs, message] of [
    [
      [rawRun('r1', tagged('b'), { digest: 'sha256:a' })],
      /run r1 was logged with another digest than its tag says now/,
    ],
    [
      [rawRun('r1', tagged('b')), rawRun('r2', tagged('a'))],
      /runs r1 and r2 have the same fingerprint and different digests/,
    ],
  ] as const) {
    server.intercept(byName).reply(200, found)
    server.intercept({ path: `${api}/runs/search`, method: 'POST' }).reply(200, { runs })
    await assert.rejects(findRun(mlflow, 'sales', { fingerprint }), message)
  }
})

test('without the experiment there is no run', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept(byName).reply(404, missing)
  assert.equal(await findRun(mlflow, 'sales', { fingerprint }), null)
  await assert.rejects(findRun(mlflow, 'sales', { fingerprint: "x' OR 'a'='a" }), /is not a fingerprint/)
})

test('an experiment that another process makes at the same time is used', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept(byName).reply(404, missing)
  server
    .intercept({ path: `${api}/experiments/create`, method: 'POST' })
    .reply(400, { error_code: 'RESOURCE_ALREADY_EXISTS' })
  server.intercept(byName).reply(200, found)
  server.intercept({ path: `${api}/runs/create`, method: 'POST' }).reply(200, { run: rawRun('r1', {}) })
  const run = await createRun(mlflow, 'sales', { name: 'train' })
  assert.equal(runUrl(mlflow, run), 'http://mlflow.test:5000/#/experiments/7/runs/r1?workflowType=machine_learning')
})

test('a deleted experiment is an error that says how to bring it back', async () => {
  const { mlflow, server } = mockMlflow()
  server.intercept(byName).reply(200, { experiment: { experiment_id: '7', lifecycle_stage: 'deleted' } })
  await assert.rejects(createRun(mlflow, 'sales', { name: 'train' }), /mlflow experiments restore --experiment-id 7/)
})

test('metrics go in batches of 1,000, with their epochs, and values that JSON has no word for', async () => {
  const { mlflow, server } = mockMlflow()
  const batches: { metrics: { value: unknown; step: number; timestamp: number }[] }[] = []
  server
    .intercept({ path: `${api}/runs/log-batch`, method: 'POST' })
    .reply(200, ({ body }) => {
      batches.push(JSON.parse(String(body)))
      return {}
    })
    .times(3)
  const metrics = Array.from({ length: 2001 }, (_, step) => ({
    key: 'loss',
    value: step === 0 ? Number.NaN : 1 / step,
    step,
  }))
  await logMetrics(mlflow, 'r1', metrics)
  assert.deepEqual(
    batches.map((batch) => batch.metrics.length),
    [1000, 1000, 1],
  )
  assert.equal(batches[0]?.metrics[0]?.value, 'NaN')
  assert.equal(batches[2]?.metrics[0]?.step, 2000)
})

test('a dataset is logged with a digest that fits and a schema that the page shows', async () => {
  const { mlflow, server } = mockMlflow()
  let sent = ''
  server.intercept({ path: `${api}/runs/log-inputs`, method: 'POST' }).reply(200, ({ body }) => {
    sent = String(body)
    return {}
  })
  const recordSchema = {
    type: 'object',
    required: ['day'],
    properties: { day: { type: 'string' }, last: { type: 'array', items: { type: 'number' } } },
  }
  const digest = `${'0'.repeat(32)}.dir-and-more`
  const common = { name: 'data', source: { file: 'data.dvc' }, profile: { records: 3 }, context: 'training' }
  await logDataset(mlflow, 'r1', { ...common, digest, recordSchema, target: { name: 'units' } })
  const [{ dataset }] = JSON.parse(sent).datasets
  assert.equal(dataset.digest, `${'0'.repeat(32)}.dir`)
  assert.deepEqual(JSON.parse(dataset.schema), {
    mlflow_colspec: [
      { name: 'day', type: 'string', required: true },
      { name: 'last', type: 'array(double)', required: false },
      { name: 'units', type: 'double', required: true },
    ],
  })
})
