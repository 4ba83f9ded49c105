import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { after, test } from 'node:test'
import { makeChanges } from '../../pipeline/demo/changes.ts'
import { makeProject } from '../steps/project.ts'
import { type ActionName, type Start, start } from './action.ts'
import { startResultsService } from './results-service.ts'

// One project for all, in the order of a model's way: each test goes on where the one before ended.
const project = await makeProject()
const service = await startResultsService()
after(() => project[Symbol.asyncDispose]())
after(() => service[Symbol.asyncDispose]())
const { root, git } = project

const run = (name: ActionName, more: Partial<Start> = {}) =>
  start(name, {
    workspace: root,
    actions: root,
    ...more,
    env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...more.env },
  })
const sha256 = /^sha256:[0-9a-f]{64}$/
let digest = ''

test('validate-data: brings the data that data.dvc names', async () => {
  const { code, log, outputs } = await run('validate-data')
  assert.equal(code, 0, log)
  assert.equal(outputs['result'], 'pass')
  assert.match(log, /^validate-data: fetched data\/ with DVC$/m)
})

test('evaluate-gate: before anything was trained it says what is missing', async () => {
  const { code, log, outputs } = await run('evaluate-gate')
  assert.equal(code, 1)
  assert.match(log, /^::error::this tree was not trained yet/m)
  assert.deepEqual(outputs, {})
})

test('train: trains, tells fingerprint, digest and run, and uploads the bundle as an artifact named after its digest', async () => {
  const { code, log, outputs, summary } = await run('train', { env: service.env })
  assert.equal(code, 0, log)
  digest = outputs['digest'] ?? ''
  const { bundle = '', artifact = '', fingerprint = '' } = outputs
  assert.match(digest, sha256)
  assert.match(fingerprint, sha256)
  assert.equal(artifact, `bundle-${digest.slice(7, 19)}`)
  assert.deepEqual([outputs['reused'], outputs['epochs'], outputs['artifact-id']], ['false', '3', '1'])
  assert.match(outputs['run-url'] ?? '', new RegExp(`^http://127\\.0\\.0\\.1:\\d+/.*/${outputs['run']}`))
  assert.match(summary, new RegExp(`\\| training \\| 3 epochs \\|\n.*\n\\| digest \\| \`${digest}\``))
  assert.equal(outputs['artifact-digest'], service.stored[0]?.sha256)
  const zip = service.stored[0]?.bytes.toString('latin1') ?? ''
  for (const file of await readdir(bundle)) assert.ok(zip.includes(file), file)
  const ids = { workflow_run_backend_id: 'run-1', workflow_job_run_backend_id: 'job-1', name: artifact }
  assert.deepEqual(
    service.requests.map(({ path, body }) => [path, body === undefined ? null : { ...body }]),
    [
      ['CreateArtifact', { ...ids, version: 7, mime_type: 'application/zip' }],
      ['upload?comp=block', null],
      ['upload?comp=blocklist', null],
      ['FinalizeArtifact', { ...ids, size: String(service.stored[0]?.bytes.length), hash: service.stored[0]?.sha256 }],
    ],
  )
})

test('train: again, the run is reused with 0 epochs; without a token the artifact is left out, and that is said', async () => {
  const { code, log, outputs } = await run('train')
  assert.equal(code, 0, log)
  assert.deepEqual([outputs['digest'], outputs['reused'], outputs['epochs']], [digest, 'true', '0'])
  assert.equal(outputs['artifact'], '')
  assert.match(log, /^artifact bundle-[0-9a-f]{12}: not uploaded, because there is no ACTIONS_RUNTIME_TOKEN here$/m)
})

test('train: with artifact false nothing is said of artifacts', async () => {
  const { code, log, outputs } = await run('train', { inputs: { artifact: 'false' }, env: service.env })
  assert.equal(code, 0, log)
  assert.doesNotMatch(log, /artifact/)
  assert.ok(!('artifact' in outputs))
})

test('evaluate-gate: passes the model, and its report is job summary and artifact', async () => {
  const { code, log, outputs, summary } = await run('evaluate-gate', { env: service.env })
  assert.equal(code, 0, log)
  assert.deepEqual([outputs['result'], outputs['candidate'], outputs['champion']], ['pass', digest, ''])
  assert.ok(existsSync(outputs['report-html'] ?? ''))
  assert.match(summary, /^## /)
  assert.equal(outputs['artifact'], 'report')
  const zip = service.stored.at(-1)?.bytes.toString('latin1') ?? ''
  for (const file of ['report.json', 'report.html']) assert.ok(zip.includes(file), file)
})

test('deploy: what is not registered yet is refused with the cure', async () => {
  const { code, log, outputs } = await run('deploy')
  assert.equal(code, 1)
  assert.match(log, /^::error::deploy: sha256:\w+ is not registered; run `npm run register` first$/m)
  assert.deepEqual(outputs, {})
})

test('register: one model version a digest, however often', async () => {
  const first = await run('register')
  assert.equal(first.code, 0, first.log)
  assert.deepEqual([first.outputs['digest'], first.outputs['version'], first.outputs['created']], [digest, '1', 'true'])
  assert.ok(existsSync(first.outputs['card'] ?? ''))
  const again = await run('register')
  assert.deepEqual([again.outputs['version'], again.outputs['created']], ['1', 'false'])
})

test('deploy: the digest that was trained is released to staging, as a rehearsal', async () => {
  const { code, log, outputs, summary } = await run('deploy')
  assert.equal(code, 0, log)
  const commit = await git('rev-parse', 'HEAD')
  const told = [
    outputs['outcome'],
    outputs['digest'],
    outputs['commit'],
    outputs['rehearsal'],
    outputs['revert-commit'],
  ]
  assert.deepEqual(told, ['promoted', digest, commit, 'true', ''])
  assert.equal(outputs['gateway-url'], `http://127.0.0.1:${project.ports.staging}`)
  assert.ok(
    (await git('merge-base', '--is-ancestor', outputs['release-commit'] ?? '', 'refs/remotes/origin/releases')) === '',
  )
  assert.match(summary, /^### staging: promoted \(rehearsal\)\n/)
})

test('deploy: to production, the same digest', async () => {
  const { code, log, outputs } = await run('deploy', { inputs: { environment: 'production' } })
  assert.equal(code, 0, log)
  assert.deepEqual([outputs['outcome'], outputs['digest']], ['promoted', digest])
})

test('deploy: a job that is cancelled while the canary waits for traffic holds the release, and fails with outputs', async () => {
  await makeChanges(root, [{ file: 'params.yaml', from: /\n {2}epochs: \d+/, to: '\n  epochs: 8' }])
  await git('commit', '--quiet', '-am', 'a longer training')
  await git('push', '--quiet', 'origin', 'main')
  for (const name of ['train', 'register', 'deploy'] as const) {
    const { code, log } = await run(name)
    assert.equal(code, 0, log)
  }
  const inputs = { environment: 'production' }
  const { code, log, outputs, summary } = await run('deploy', { inputs, cancelWhen: /canary/ })
  assert.equal(code, 1, log)
  assert.deepEqual([outputs['outcome'], outputs['revert-commit'], outputs['canary-requests']], ['held', '', '0'])
  assert.match(log, /^::error::deploy: held in production: /m)
  assert.match(summary, /^### production: held \(rehearsal\)\n/)
})

test('evaluate-gate: a model that is too bad fails the action with its reason, with outputs and report', async () => {
  await project.with(
    'params.yaml',
    (text) => text.replace(/learning_rate: .*/, 'learning_rate: 0.000001'),
    async () => {
      assert.equal((await run('train')).code, 0)
      const { code, log, outputs, summary } = await run('evaluate-gate')
      assert.equal(code, 1)
      assert.deepEqual([outputs['result'], outputs['champion']], ['fail', digest])
      assert.match(log, /^::error title=evaluate-gate,file=params\.yaml,line=\d+::.*evaluate_gate\.tolerance_percent/m)
      assert.match(log, /^::error::evaluate-gate: fail: /m)
      assert.match(summary, /^## /)
      const refused = await run('register')
      assert.equal(refused.code, 1)
      assert.match(refused.log, /^::error::register: /m)
    },
  )
})

test('train: data that are not those of data.dvc are marked there', async () => {
  await project.with(
    'data/sales.csv',
    (text) => `${text}\n`,
    async () => {
      const { code, log } = await run('train')
      assert.equal(code, 1)
      assert.match(log, /^::error file=data\.dvc,line=2::data\/ is not what data\.dvc names/m)
    },
  )
})
