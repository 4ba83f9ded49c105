import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadParams } from '../../pipeline/params.ts'
import type { Context } from '../../pipeline/steps/context.ts'
import { openSearchLog } from '../../pipeline/steps/log-search.ts'
import type { SearchTrial } from '../../pipeline/steps/run-trials.ts'
import { mockMlflow } from '../tracking/mock.ts'

const params = loadParams(join(import.meta.dirname, '../..'))
const api = '/api/2.0/mlflow'
const trial: SearchTrial = {
  ...{ point: {}, epochs: 1, train: params.train, key: 'a'.repeat(64) },
  ...{ error: 3, folds: [3] },
}

test('a trial that MLflow takes only at the second try is one run, gone on with', async () => {
  const { mlflow, server } = mockMlflow()
  const active = { experiment: { experiment_id: '7', lifecycle_stage: 'active' } }
  server
    .intercept({ path: `${api}/experiments/get-by-name?experiment_name=${params.register.model}` })
    .reply(200, active)
    .persist()
  server
    .intercept({ path: `${api}/runs/search`, method: 'POST' })
    .reply(200, { runs: [] })
    .persist()
  const made: string[] = []
  server
    .intercept({ path: `${api}/runs/create`, method: 'POST' })
    .reply(200, () => {
      made.push(`r${made.length + 1}`)
      const info = { run_id: made.at(-1), experiment_id: '7', status: 'RUNNING', artifact_uri: '' }
      return { run: { info, data: {} } }
    })
    .persist()
  const logged: string[] = []
  const batch = { path: `${api}/runs/log-batch`, method: 'POST' }
  server.intercept(batch).reply(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'not now' })
  server
    .intercept(batch)
    .reply(200, ({ body }) => {
      logged.push(JSON.parse(String(body)).run_id)
      return {}
    })
    .persist()
  server
    .intercept({ path: `${api}/runs/update`, method: 'POST' })
    .reply(200, {})
    .persist()

  const context = { params, progress: () => {} } as unknown as Context
  const log = await openSearchLog(context, mlflow, { id: 'sha256:b', name: 'search' })
  log.add(trial)
  await log.finish({ trials: [trial], params: {}, metrics: [{ key: 'best', value: 3 }] })
  assert.deepEqual(made, ['r1', 'r2'], 'the search’s and the trial’s')
  assert.deepEqual([...new Set(logged)], ['r2', 'r1'])
})
