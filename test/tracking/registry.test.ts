import assert from 'node:assert/strict'
import test from 'node:test'
import { deleteAlias, getAlias, registerVersion, versionOfDigest } from '../../pipeline/tracking/registry.ts'
import { mockMlflow } from './mock.ts'

const api = '/api/2.0/mlflow'
const digest = `sha256:${'b'.repeat(64)}`
const wanted = { model: 'sales', digest, runId: 'r1', tags: { 'mergeline.gate': 'pass' } }

/** As much of a registry as registering needs; `meanwhile` is what another process does between our look and our create. */
function registry(versions: string[], meanwhile: () => void = () => {}) {
  const { mlflow, server } = mockMlflow()
  const raw = (version: string) => ({
    name: 'sales',
    version,
    run_id: 'r1',
    tags: [{ key: 'mergeline.digest', value: digest }],
  })
  const created: { source: string; tags: { key: string }[] }[] = []
  let next = versions.length + 1
  const add = () => versions.push(String(next++))
  const run = {
    info: { run_id: 'r1', experiment_id: '7', status: 'FINISHED', artifact_uri: 'mlflow-artifacts:/7/r1/artifacts' },
  }
  server
    .intercept({ path: `${api}/runs/get?run_id=r1` })
    .reply(200, { run })
    .persist()
  server
    .intercept({ path: (path) => path.startsWith(`${api}/model-versions/search`) })
    .reply(200, () => ({ model_versions: versions.map(raw).toReversed() }))
    .persist()
  server
    .intercept({ path: `${api}/registered-models/create`, method: 'POST' })
    .reply(400, { error_code: 'RESOURCE_ALREADY_EXISTS' })
    .persist()
  const create = server.intercept({ path: `${api}/model-versions/create`, method: 'POST' })
  create
    .reply(200, ({ body }) => {
      meanwhile()
      created.push(JSON.parse(String(body)))
      add()
      return { model_version: raw(versions.at(-1) ?? '') }
    })
    .persist()
  server
    .intercept({ path: `${api}/model-versions/delete`, method: 'DELETE' })
    .reply(200, ({ body }) => {
      versions.splice(versions.indexOf(JSON.parse(String(body)).version), 1)
      return {}
    })
    .persist()
  return { mlflow, server, versions, created, add }
}

test('a new digest becomes a version that carries it from the very call that makes it', async () => {
  const { mlflow, created, versions } = registry([])
  const version = await registerVersion(mlflow, wanted)
  assert.deepEqual([version.version, version.created, versions], [1, true, ['1']])
  assert.equal(created[0]?.source, 'mlflow-artifacts:/7/r1/artifacts/bundle')
  assert.deepEqual(created[0]?.tags.map((tag) => tag.key).toSorted(), ['mergeline.digest', 'mergeline.gate'])
})

test('a digest that is registered keeps its version', async () => {
  const { mlflow, created } = registry(['1'])
  const version = await registerVersion(mlflow, wanted)
  assert.deepEqual([version.version, version.created, created.length], [1, false, 0])
})

test('of two that register at once the slower takes its own version back', async () => {
  const { mlflow, versions, add } = registry([], () => add())
  const version = await registerVersion(mlflow, wanted)
  assert.deepEqual([version.version, version.created, versions], [1, false, ['1']])
})

test('two versions that a killed process left become one', async () => {
  const { mlflow, versions } = registry(['1', '2'])
  assert.equal((await versionOfDigest(mlflow, 'sales', digest))?.version, 1)
  assert.equal((await registerVersion(mlflow, wanted)).version, 1)
  assert.deepEqual(versions, ['1'])
})

test('names that could change the search are refused', async () => {
  const { mlflow } = mockMlflow()
  await assert.rejects(versionOfDigest(mlflow, "x' or name='y", digest), /register\.model must be letters/)
  await assert.rejects(versionOfDigest(mlflow, 'sales', "' or '"), /is not a digest/)
})

test('a missing alias is null, and may be deleted; other errors are errors', async () => {
  const { mlflow, server } = mockMlflow()
  const path = `${api}/registered-models/alias?name=sales&alias=production`
  server
    .intercept({ path })
    .reply(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Registered model alias production not found.' })
  server.intercept({ path }).reply(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no model' })
  server.intercept({ path }).reply(403, 'Permission denied')
  assert.equal(await getAlias(mlflow, 'sales', 'production'), null)
  assert.equal(await getAlias(mlflow, 'sales', 'production'), null)
  await assert.rejects(getAlias(mlflow, 'sales', 'production'), /403/)
  server
    .intercept({ path: `${api}/registered-models/alias`, method: 'DELETE' })
    .reply(404, { error_code: 'RESOURCE_DOES_NOT_EXIST' })
  await deleteAlias(mlflow, 'sales', 'production')
})
