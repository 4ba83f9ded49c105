import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { promisify } from 'node:util'
import { downloadFolder, uploadFolder } from '../../pipeline/tracking/artifacts.ts'
import { ensureMlflow } from '../../pipeline/tracking/embedded.ts'
import { ask, type Mlflow } from '../../pipeline/tracking/mlflow.ts'
import { deleteAlias, getAlias, registerVersion, setAlias, versionOfDigest } from '../../pipeline/tracking/registry.ts'
import { createRun, findRun, finishRun, logMetrics, logParams, type Run } from '../../pipeline/tracking/runs.ts'
import { digest, fingerprint, logSampleRun } from './sample-run.ts'
import { repository, type Scratch, scratchTree } from './scratch.ts'

const model = 'ice-cream-sales'
let tree: Scratch
let mlflow: Mlflow
let run: Run

before(async () => {
  tree = await scratchTree()
  mlflow = (await ensureMlflow(tree.root, {})).mlflow
  run = await logSampleRun(mlflow)
})
after(() => tree[Symbol.asyncDispose]())

test('the run is found by its fingerprint; unfinished, failed and bundle-less runs are not', async () => {
  for (const status of [null, 'FAILED', 'FINISHED'] as const) {
    const other = await createRun(mlflow, model, { name: 'train', tags: { 'mergeline.fingerprint': fingerprint } })
    if (status) await finishRun(mlflow, other.id, status)
  }
  const found = await findRun(mlflow, model, { fingerprint })
  assert.equal(found?.id, run.id)
  assert.equal(found?.tags['mergeline.digest'], digest)
  assert.equal(await findRun(mlflow, model, { fingerprint: 'sha256:other' }), null)
  assert.equal(await findRun(mlflow, 'no such experiment', { fingerprint }), null)
})

test('logging the same again changes nothing, another value of a param is an error', async () => {
  const metrics = [0, 1].map((step) => ({
    key: 'loss',
    value: step ? 0.5 : Number.NaN,
    step,
    at: 1_700_000_000_000 + step,
  }))
  for (let time = 0; time < 2; time++) {
    await logParams(mlflow, run.id, { epochs: 80 })
    await logMetrics(mlflow, run.id, metrics)
  }
  const query = { run_id: run.id, metric_key: 'loss' }
  const history = await ask<{ metrics: object[] }>(mlflow, {
    method: 'GET',
    path: '/api/2.0/mlflow/metrics/get-history',
    query,
  })
  assert.equal(history.metrics.length, 2)
  await assert.rejects(logParams(mlflow, run.id, { epochs: 81 }), /400 INVALID_PARAMETER_VALUE .*epochs/)
})

test("the bundle comes back as it was, and MLflow's own library reads its signature", async () => {
  const dir = join(tree.root, 'bundle')
  await downloadFolder(mlflow, run.id, 'bundle', dir)
  assert.deepEqual((await readdir(dir)).toSorted(), ['MLmodel', 'weights.bin'])
  const script =
    'import sys; from mlflow.models import Model; s = Model.load(sys.argv[1]).signature; print(len(s.inputs.inputs), s.inputs.inputs[-1].type, s.outputs)'
  const { stdout } = await promisify(execFile)(join(repository, '.venv', 'bin', 'python'), ['-c', script, dir])
  assert.match(stdout, /^9 Array\(double\) \['units_sold': double \(required\)\]/)
  // The same files again, as a command that was killed half-way would send them.
  await uploadFolder(mlflow, run.id, dir, 'bundle')
})

test('many that register one digest at once make one version', async () => {
  const wanted = { model, digest, runId: run.id, tags: { 'mergeline.fingerprint': fingerprint } }
  const all = await Promise.all(Array.from({ length: 6 }, () => registerVersion(mlflow, wanted)))
  assert.deepEqual([...new Set(all.map((one) => one.version))], [1])
  const query = { filter: `name='${model}'` }
  const found = await ask<{ model_versions: object[] }>(mlflow, {
    method: 'GET',
    path: '/api/2.0/mlflow/model-versions/search',
    query,
  })
  assert.equal(found.model_versions.length, 1)
  assert.deepEqual((await versionOfDigest(mlflow, model, digest))?.tags, {
    'mergeline.digest': digest,
    'mergeline.fingerprint': fingerprint,
  })
  assert.equal(await versionOfDigest(mlflow, model, 'sha256:00'), null)
})

test('an alias is set, moved, read and removed; a missing one is null', async () => {
  assert.equal(await getAlias(mlflow, 'no-such-model', 'production'), null)
  assert.equal(await getAlias(mlflow, model, 'production'), null)
  const second = await registerVersion(mlflow, { model, digest: 'sha256:02', runId: run.id })
  await setAlias(mlflow, model, 'production', 1)
  await setAlias(mlflow, model, 'production', second.version)
  const found = await getAlias(mlflow, model, 'production')
  assert.deepEqual([found?.digest, found?.aliases], ['sha256:02', ['production']])
  await deleteAlias(mlflow, model, 'production')
  await deleteAlias(mlflow, model, 'production')
  assert.equal(await getAlias(mlflow, model, 'production'), null)
})
