import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { trainingArtifact } from '../../../actions/shared/training-files.ts'
import { dataHash } from '../../../pipeline/data/dvc.ts'
import { makeChanges } from '../../../pipeline/demo/changes.ts'
import { loadParams } from '../../../pipeline/params.ts'
import { fingerprint as fingerprintOf } from '../../../pipeline/tracking/fingerprint.ts'
import { makeProject } from '../../steps/project.ts'
import { startGitHub } from '../../workflows/github/github.ts'
import type { RunOf } from '../../workflows/github/runs.ts'
import { type ActionName, commandsIn, start } from '../action.ts'
import { zipOf } from '../zip.ts'
import { pullRequest, staging } from './scene.ts'

// A model's way on GitHub where no MLflow is configured, job by job on one machine: each test goes on where the one before ended.
const project = await makeProject()
const { root, git, home } = project
after(() => project[Symbol.asyncDispose]())
const github = await startGitHub({ dir: join(home, 'github'), private: true })
after(() => github[Symbol.asyncDispose]())
await git('remote', 'set-url', 'origin', `${github.serverUrl}/acme/ice-cream.git`)
const pushUrl = `${github.serverUrl.replace('//', '//user:ada@')}/acme/ice-cream.git`
await git('push', '--quiet', pushUrl, 'main')

type Permissions = { readonly [scope: string]: 'read' | 'write' }
const reading: Permissions = { contents: 'read', actions: 'read' }
const onMain: Permissions = { ...reading, 'pull-requests': 'read' }

/** A job of a run, on a runner where nothing is left of earlier ones. */
function job(run: ReturnType<typeof github.startRun>, permissions: Permissions, name = `job-${Math.random()}`) {
  rmSync(join(root, '.mergeline'), { recursive: true, force: true })
  rmSync(join(root, 'data'), { recursive: true, force: true })
  const { token, runtimeToken } = github.mintToken({ runId: run.id, job: name, permissions })
  return (action: ActionName, inputs: { readonly [name: string]: string } = {}) =>
    start(action, {
      workspace: root,
      actions: root,
      inputs,
      token,
      env: {
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GITHUB_API_URL: github.apiUrl,
        GITHUB_SERVER_URL: github.serverUrl,
        GITHUB_REPOSITORY: 'acme/ice-cream',
        GITHUB_RUN_ID: String(run.id),
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_EVENT_NAME: run.event,
        GITHUB_SHA: run.headSha,
        GITHUB_REF: `refs/heads/${run.headBranch}`,
        GITHUB_HEAD_REF: run.event === 'pull_request' ? run.headBranch : '',
        ACTIONS_RESULTS_URL: `${github.resultsUrl}/`,
        ACTIONS_RUNTIME_TOKEN: runtimeToken,
      },
    })
}

/** A commit on a branch, pushed by its author; the run that GitHub starts for it. */
async function pushed(branch: string, message: string): Promise<RunOf> {
  await git('commit', '--quiet', '--all', '-m', message)
  await git('push', '--quiet', pushUrl, `HEAD:${branch}`)
  return { workflow: pullRequest, event: 'pull_request', headSha: await git('rev-parse', 'HEAD'), headBranch: branch }
}

/** Merges a pull request by squashing, and checks out main at its commit: the run that GitHub starts for it. */
async function merged(pull: number) {
  const sha = await github.merge(pull, 'squash')
  await git('fetch', '--quiet', pushUrl, '+refs/heads/*:refs/remotes/origin/*')
  await git('checkout', '--quiet', '-B', 'main', sha)
  return github.startRun({ workflow: staging, event: 'push', headSha: sha, headBranch: 'main' })
}

const told = ({ outputs }: { outputs: { readonly [name: string]: string } }, ...names: string[]) =>
  names.map((name) => outputs[name])
let digest = ''
let fingerprint = ''
let first = 0
let pull = 0

test('a pull request trains, says why, records the training and judges it, with no MLflow anywhere', async () => {
  await git('switch', '--quiet', '-c', 'change')
  await makeChanges(root, [{ file: 'params.yaml', from: /\n {2}epochs: \d+/, to: '\n  epochs: 4' }])
  const run = github.startRun(await pushed('change', 'a longer training'))
  first = run.id
  pull = (await github.openPull({ branch: 'change', title: 'A longer training' })).number
  const step = job(run, reading)
  assert.equal((await step('validate-data')).code, 0)
  const trained = await step('train')
  assert.equal(trained.code, 0, trained.log)
  ;[digest = '', fingerprint = ''] = told(trained, 'digest', 'fingerprint')
  assert.deepEqual(told(trained, 'source', 'why', 'epochs', 'epochs-saved', 'run', 'run-url'), [
    ...['trained', 'no run has this fingerprint', '4', '0', '', ''],
  ])
  assert.match(trained.log, /^train: nothing could be reused: no run has this fingerprint$/m)
  assert.match(trained.summary, /\| nothing reused \| no run has this fingerprint \|/)
  assert.equal(trained.outputs['artifact'], `training-${fingerprint.slice(7)}`)
  const judged = await step('evaluate-gate')
  assert.equal(judged.code, 0, judged.log)
  assert.match(judged.summary, /Nothing could be reused: no run has this fingerprint/)
  assert.ok(!existsSync(join(root, '.mergeline/mlflow')))
  const again = await step('train')
  assert.match(again.log, /^artifact training-\w+: this run has it already$/m)
  assert.equal(again.code, 0, again.log)
  github.finishRun(run.id, 'success')
})

test('its next push changes nothing that matters: 0 epochs, and the training is not recorded for this run', async () => {
  writeFileSync(join(root, 'README.md'), '# Ice cream\n')
  const run = github.startRun(await pushed('change', 'a better README'))
  const step = job(run, reading)
  const trained = await step('train')
  assert.equal(trained.code, 0, trained.log)
  assert.deepEqual(told(trained, 'digest', 'source', 'why', 'epochs', 'epochs-saved', 'reused'), [
    ...[digest, `run ${first}`, '', '0', '4', 'true'],
  ])
  assert.match(trained.log, /not recorded as this run's own, for main believes it only of run \d+, where nothing/)
  assert.deepEqual(
    [trained.outputs['artifact'], github.state.artifacts.filter(({ runId }) => runId === run.id)],
    ['', []],
  )
  const judged = await step('evaluate-gate')
  assert.match(judged.summary, new RegExp(`reused from run ${first}, 0 epochs and 4 epochs saved`))
  github.finishRun(run.id, 'success')
  // The README is left for another time: what is merged is the commit whose own run trained.
  await git('reset', '--quiet', '--hard', 'HEAD~1')
  await git('push', '--quiet', '--force', pushUrl, 'HEAD:change')
})

test("after the merge main takes the pull request's own training: 0 epochs, the same digest, kept by digest", async () => {
  const run = await merged(pull)
  const model = job(run, onMain)
  const trained = await model('train', { trust: 'recorded' })
  assert.equal(trained.code, 0, trained.log)
  assert.deepEqual(told(trained, 'digest', 'fingerprint', 'epochs'), [digest, fingerprint, '0'])
  assert.match(trained.outputs['source'] ?? '', /^run \d+$/)
  assert.equal((await model('evaluate-gate')).code, 0)

  const step = job(run, { ...onMain, contents: 'write' })
  const again = await step('train', { trust: 'recorded', artifact: 'false' })
  assert.deepEqual(told(again, 'digest', 'source', 'epochs'), [digest, 'this run', '0'], again.log)
  const unregistered = await step('deploy')
  assert.match(unregistered.log, /^::error::deploy: sha256:\w+ is not registered/m)
  const registered = await step('register')
  assert.equal(registered.code, 0, registered.log)
  assert.deepEqual(told(registered, 'digest', 'version', 'url', 'created', 'gate'), [digest, '', '', 'true', 'pass'])
  const tag = `model-${digest.slice(7)}`
  assert.equal(registered.outputs['store-url'], `${github.serverUrl}/acme/ice-cream/releases/tag/${tag}`)
  assert.match(readFileSync(registered.outputs['card'] ?? '', 'utf8'), /Model card: /)
  assert.deepEqual(told(await step('register'), 'created'), ['false'])
  for (const environment of ['staging', 'production']) {
    const deployed = await step('deploy', { environment })
    assert.equal(deployed.code, 0, deployed.log)
    assert.deepEqual(told(deployed, 'outcome', 'digest', 'version'), ['promoted', digest, ''])
  }
  github.finishRun(run.id, 'success')
})

test('when no artifact is left, the released training comes from the model store, and so does the champion', async (t) => {
  for (const { id } of github.state.artifacts) github.expireArtifact(id)
  await git('switch', '--quiet', '-c', 'words')
  writeFileSync(join(root, 'README.md'), '# Ice cream, again\n')
  const run = github.startRun(await pushed('words', 'words'))
  const step = job(run, reading)
  const began = performance.now()
  const steps = [await step('validate-data'), await step('train'), await step('evaluate-gate')]
  t.diagnostic(`validate-data, train and evaluate-gate: ${Math.round(performance.now() - began)} ms`)
  assert.deepEqual(
    steps.map(({ code }) => code),
    [0, 0, 0],
    steps.map(({ log }) => log).join('\n'),
  )
  const [, trained, judged] = steps
  assert.deepEqual(trained && told(trained, 'source', 'epochs', 'epochs-saved'), ['the model store', '0', '4'])
  assert.deepEqual(judged && told(judged, 'result', 'champion'), ['unchanged', digest])
  github.finishRun(run.id, 'success')
})

test('what somebody recorded under a fingerprint is checked, shown as text, and trained over; the champion is fetched by its digest', async () => {
  await makeChanges(root, [{ file: 'params.yaml', from: /\n {2}seed: \d+/, to: '\n  seed: 7' }])
  const pushing = await pushed('words', 'another seed')
  const wanted = await fingerprintOf(root, loadParams(root).train, await dataHash(root))
  const stranger = github.startRun({ ...pushing, headBranch: 'hostile', headSha: 'a'.repeat(40) })
  const planted = '{"digest":"\\n::set-output name=digest::x\\n##[add-mask]y <img src=x onerror=alert(1)>"}'
  const archive = zipOf([{ path: 'training.json', content: planted }])
  const file = join(home, 'hostile.zip')
  writeFileSync(file, archive)
  github.state.artifacts.push({
    ...{ id: stranger.id + 1, runId: stranger.id, attempt: 1, name: trainingArtifact(wanted.fingerprint), file },
    ...{
      createdAt: stranger.createdAt,
      expiresAt: '2030-01-01T00:00:00Z',
      size: archive.length,
      digest: null,
      expired: false,
    },
  })
  github.finishRun(stranger.id, 'success')
  const step = job(github.startRun(pushing), reading)
  const trained = await step('train')
  assert.equal(trained.code, 0, trained.log)
  assert.deepEqual(told(trained, 'fingerprint', 'source', 'epochs'), [wanted.fingerprint, 'trained', '4'])
  assert.match(
    trained.outputs['why'] ?? '',
    new RegExp(`^what run ${stranger.id} has cannot be used: training\\.json:`),
  )
  for (const command of commandsIn(trained.log)) assert.match(command, /^::(?:group|endgroup|add-mask|debug)::/)
  assert.doesNotMatch(trained.summary, /<img/)
  const judged = await step('evaluate-gate')
  assert.deepEqual(told(judged, 'champion'), [digest], judged.log)
  assert.ok(existsSync(join(root, '.mergeline/bundles', digest.replace(':', '-'), 'manifest.json')))
})

test('a job that may not write cannot keep a model for good: that is an error, which names the permission', async () => {
  await git('switch', '--quiet', 'main')
  github.state.releases.length = 0
  for (const artifact of github.state.artifacts) if (artifact.runId === first) artifact.expired = false
  const headSha = await git('rev-parse', 'HEAD')
  const step = job(github.startRun({ workflow: staging, event: 'push', headSha, headBranch: 'main' }), reading)
  const trained = await step('train', { trust: 'recorded', artifact: 'false' })
  assert.equal(trained.outputs['source'], 'trained', trained.log)
  assert.match(
    trained.outputs['why'] ?? '',
    /GitHub does not tell which pull request .* the permission pull-requests: read/,
  )
  const { code, log, outputs } = await step('register')
  assert.equal(code, 1, log)
  assert.match(log, /^::error::the model store cannot be written: GitHub says 403: .* the permission contents: write$/m)
  assert.deepEqual(outputs, {})
})

test('and all that was asked of GitHub is known to it', () => {
  assert.deepEqual(github.state.violations, [])
})
