import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { dataHash } from '../../pipeline/data/dvc.ts'
import { makeChanges } from '../../pipeline/demo/changes.ts'
import { loadParams } from '../../pipeline/params.ts'
import { ensureMlflow } from '../../pipeline/tracking/embedded.ts'
import { fingerprint } from '../../pipeline/tracking/fingerprint.ts'
import { ask } from '../../pipeline/tracking/mlflow.ts'
import { createRun, DIGEST_PARAM, finishRun, logParams, setTags, tagNames } from '../../pipeline/tracking/runs.ts'
import { makeProject } from '../steps/project.ts'
import type { RunOf } from '../workflows/github/runs.ts'
import { start as startStandIn } from '../workflows/github/scratch.ts'
import { type ActionName, type Start, start } from './action.ts'
import { startResultsService } from './results-service.ts'

// One project for all, in the order of a model's way: each test goes on where the one before ended.
const project = await makeProject()
const service = await startResultsService()
after(() => project[Symbol.asyncDispose]())
after(() => service[Symbol.asyncDispose]())
const { root, git } = project
const { uri, mlflow } = await ensureMlflow(root, {})

const run = (name: ActionName, more: Partial<Start> = {}) =>
  start(name, {
    workspace: root,
    actions: root,
    ...more,
    env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', MLFLOW_TRACKING_URI: uri, ...more.env },
  })
const github = await startStandIn()
after(() => github[Symbol.asyncDispose]())
/** What a job of a run on GitHub has beside. */
function jobOf(of: RunOf) {
  const { id } = github.startRun(of)
  const permissions = { contents: 'read', actions: 'read' } as const
  const { token } = github.mintToken({ runId: id, job: 'job', permissions })
  const run = { GITHUB_RUN_ID: String(id), GITHUB_RUN_ATTEMPT: '1' }
  return { id, token, env: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.state.repository, ...run } }
}
const sha256 = /^sha256:[0-9a-f]{64}$/
let digest = ''

test('validate-data: brings the data that data.dvc names', async () => {
  const { code, log, outputs } = await run('validate-data')
  assert.equal(code, 0, log)
  assert.equal(outputs['result'], 'pass')
  assert.match(log, /^validate-data: fetched data\/ with DVC$/m)
  assert.match(log, /^artifact exploration: not uploaded/m)
})

test('evaluate-gate: before anything was trained it says what is missing', async () => {
  const { code, log, outputs } = await run('evaluate-gate')
  assert.equal(code, 1)
  assert.match(log, /^::error::this tree was not trained yet/m)
  assert.deepEqual(outputs, {})
})

test('train: trains, tells fingerprint, digest and run, and uploads the training as an artifact named after its fingerprint', async () => {
  const { code, log, outputs, summary } = await run('train', { env: service.env })
  assert.equal(code, 0, log)
  digest = outputs['digest'] ?? ''
  const { bundle = '', artifact = '', fingerprint = '' } = outputs
  assert.match(digest, sha256)
  assert.match(fingerprint, sha256)
  assert.equal(artifact, `training-${fingerprint.slice(7)}`)
  assert.deepEqual([outputs['reused'], outputs['epochs'], outputs['artifact-id']], ['false', '3', '1'])
  assert.deepEqual([outputs['source'], outputs['epochs-saved']], ['trained', '0'])
  assert.match(outputs['why'] ?? '', /^without a token, .*; MLflow has no run with this fingerprint$/)
  assert.match(outputs['run-url'] ?? '', new RegExp(`^http://127\\.0\\.0\\.1:\\d+/.*/${outputs['run']}`))
  assert.match(summary, new RegExp(`\\| training \\| 3 epochs \\|\n(?:.*\n){2}\\| digest \\| \`${digest}\``))
  assert.equal(outputs['artifact-digest'], service.stored[0]?.sha256)
  const zip = service.stored[0]?.bytes.toString('latin1') ?? ''
  for (const file of await readdir(bundle)) assert.ok(zip.includes(`bundle/${file}`), file)
  assert.ok(zip.includes('training.json'))
  // What `validate-data` has drawn of the data.
  const drawn = await ask(mlflow, {
    method: 'GET',
    path: '/api/2.0/mlflow/artifacts/list',
    query: { run_id: outputs['run'] ?? '', path: 'exploration' },
  })
  assert.match(JSON.stringify(drawn), /exploration\/records-association\.svg/)
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
  assert.deepEqual([outputs['source'], outputs['epochs-saved'], outputs['why']], ['this machine', '3', ''])
  assert.match(log, /^artifact training-[0-9a-f]{64}: not uploaded, because there is no ACTIONS_RUNTIME_TOKEN here$/m)
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
  assert.match(summary, /^### Data explored\n\n- data\/sales/m)
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
  const headSha = await git('rev-parse', 'HEAD')
  const tag = { workflow: '.github/workflows/production.yml', event: 'push', headSha, headBranch: 'v1.0.0' }
  const { id, ...job } = jobOf(tag)
  const asked = await run('deploy', { inputs: { environment: 'production', request: 'true' }, ...job })
  assert.equal(asked.outputs['outcome'], 'requested', asked.log)
  const inputs = { environment: 'production', replay: 'false' }
  const { code, log, outputs, summary } = await run('deploy', { inputs, ...job, cancelWhen: /waiting for traffic/ })
  github.finishRun(id, 'cancelled')
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

test('train: a run in MLflow that tells of another model for this fingerprint is an error that names both', async () => {
  await project.with(
    'params.yaml',
    (text) => text.replace(/\n {2}seed: \d+/, '\n  seed: 11'),
    async () => {
      const taken = await fingerprint(root, loadParams(root).train, await dataHash(root))
      const other = `sha256:${'0'.repeat(64)}`
      const tags = { [tagNames.fingerprint]: taken.fingerprint }
      const logged = await createRun(mlflow, 'ice-cream-sales', { name: 'somebody else', tags })
      await logParams(mlflow, logged.id, { [DIGEST_PARAM]: other })
      await setTags(mlflow, logged.id, { [tagNames.digest]: other })
      await finishRun(mlflow, logged.id, 'FINISHED')
      for (const trust of ['recorded', 'any']) {
        const { code, log } = await run('train', { inputs: { trust } })
        assert.equal(code, 1, log)
        const both = `run ${logged.id} has ${other} for this fingerprint, and the training here is sha256:[1-9a-f]`
        assert.match(log, new RegExp(`^::error::MLflow at .*: ${both}.*mlflow runs delete --run-id ${logged.id}`, 'm'))
      }
    },
  )
})

test('train: another digest than the expected one is an error that names both; with it, and in the job that made it, this machine is believed', async () => {
  // Of the tree as the tests before have left it.
  const { digest = '' } = (await run('train')).outputs
  const other = `sha256:${'0'.repeat(64)}`
  const refused = await run('train', { inputs: { 'expect-digest': other } })
  assert.equal(refused.code, 1, refused.log)
  const both = `the model must be ${other}, and the training reused from this machine is ${digest}`
  assert.match(refused.log, new RegExp(`^::error::train: ${both}: nothing was logged`, 'm'))
  assert.deepEqual(refused.outputs, {})
  const expected = await run('train', { inputs: { trust: 'recorded', 'expect-digest': digest } })
  assert.deepEqual([expected.code, expected.outputs['source']], [0, 'this machine'], expected.log)

  const env = { RUNNER_TEMP: project.home }
  const trained = await run('train', { inputs: { trust: 'recorded' }, env })
  assert.deepEqual([trained.outputs['source'], trained.outputs['digest']], ['trained', digest], trained.log)
  assert.match(trained.outputs['why'] ?? '', /^this machine has sha256:\w{12}, but not from this run; /)
  const again = await run('train', { inputs: { trust: 'recorded' }, env })
  assert.deepEqual([again.outputs['source'], again.outputs['digest']], ['this machine', digest], again.log)
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

test('deploy: planned and asked for, nothing is rolled out; a rehearsal of production is called one', async () => {
  const production = { environment: 'production' }
  const planned = await run('deploy', { inputs: { ...production, plan: 'true' } })
  assert.equal(planned.code, 0, planned.log)
  const { outcome, commit, 'environment-name': name } = planned.outputs
  assert.deepEqual([outcome, commit, name], ['planned', await git('rev-parse', 'HEAD'), 'production-rehearsal'])
  const before = await git('ls-remote', 'origin', 'releases')
  const runOf = { env: { GITHUB_RUN_ID: '77', GITHUB_REPOSITORY: 'acme/ice-cream' } }
  for (let i = 0; i < 2; i++) {
    const asked = await run('deploy', { inputs: { ...production, request: 'true' }, ...runOf })
    assert.equal(asked.code, 0, asked.log)
    assert.equal(asked.outputs['outcome'], 'requested')
    await git('fetch', '--quiet', 'origin')
    assert.equal(await git('rev-parse', 'origin/releases'), asked.outputs['request-commit'])
  }
  assert.equal(await git('rev-parse', 'origin/releases^'), before.split('\t')[0])
  assert.match(await git('log', '-1', '--format=%B', 'origin/releases'), /^By: .*acme\/ice-cream\/actions\/runs\/77\n/m)
})

test('deploy: what the cancelled job left is resumed, with the sample’s last year as its clients; then there is nothing to do', async () => {
  const inputs = { environment: 'production', resume: 'true' }
  const headSha = await git('rev-parse', 'HEAD')
  const of = { workflow: '.github/workflows/resume.yml', event: 'schedule', headSha, headBranch: 'main' }
  const { id: _id, ...job } = jobOf(of)
  const { code, log, outputs, summary } = await run('deploy', { inputs, ...job })
  assert.equal(code, 0, log)
  assert.match(log, /^production: carrying on with ice-cream-sales v2 .* left at /m)
  assert.match(log, /^production: 2920 records are replayed against it, made by the code of \w{12}$/m)
  assert.deepEqual([outputs['outcome'], outputs['failed-requests']], ['promoted', '0'])
  assert.ok(Number(outputs['client-requests']) > Number(outputs['canary-requests']))
  assert.equal((await readFile(outputs['evidence'] ?? '', 'utf8')).trim(), summary.trim())
  assert.match(summary, /Evidence: [\d,]+ requests to the canary.* in step 2 of 2 .*\n {2}errors +E = .*at α 0\.33 %/)
  const again = await run('deploy', { inputs, ...job })
  assert.deepEqual([again.code, again.outputs['outcome']], [0, 'nothing'])
  assert.match(
    again.log,
    /^deploy: nothing to carry on: production: nothing is open; asked for and not begun: github-77 /m,
  )
})

test('deploy: two things at once are refused, and so is an image that is only tagged', async () => {
  const both = await run('deploy', { inputs: { plan: 'true', resume: 'true' } })
  assert.match(both.log, /^::error::inputs plan and resume: only one of them may be true$/m)
  const tagged = await run('deploy', { inputs: { image: 'ghcr.io/acme/ice-cream:latest' } })
  assert.match(tagged.log, /^::error::deploy: the image must be named by its digest, as in name@sha256:…/m)
})
