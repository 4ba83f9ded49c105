import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from '../../workflows/github/git/command.ts'
import type { RunOf } from '../../workflows/github/runs.ts'
import { pullRequest, scene, staging } from './scene.ts'

/** A pull request of this repository, checked out as its workflow does, and its run. */
async function opened(github: Awaited<ReturnType<typeof scene>>, branch = 'change') {
  await git(github.root, ['switch', '--quiet', '-c', branch])
  const headSha = await github.commit('params.yaml', `${branch}\n`)
  const run = () => ({ workflow: pullRequest, event: 'pull_request', headSha, headBranch: branch })
  return { headSha, run }
}

test('nothing recorded: that is the reason', async () => {
  await using github = await scene()
  const { run } = await opened(github)
  assert.deepEqual(await github.reuseIn({ run: github.startRun(run()) }), { why: 'no run has this fingerprint' })
  assert.deepEqual(github.state.violations, [])
})

test('a pull request reuses the training of its own earlier push, and does not record it again: that commit could have had a workflow of its own', async () => {
  await using github = await scene()
  const { run } = await opened(github)
  const before = await github.recorded(run())
  await github.commit('README.md', 'two\n')
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${before.id}`, vouched: false })
  assert.deepEqual(github.state.violations, [])
})

test('a training of the same run is found, also by a later job or attempt', async () => {
  await using github = await scene()
  const { run } = await opened(github)
  const own = await github.recorded({ ...run(), conclusion: 'none' })
  assert.deepEqual(await github.reuseIn({ run: own }), { source: 'this run', vouched: true })
  const again = github.startRun({ ...run(), id: own.id })
  assert.deepEqual(await github.reuseIn({ run: again }), { source: 'this run', vouched: true })
})

test('a training that main made is vouched for', async () => {
  await using github = await scene()
  const main = await git(github.root, ['rev-parse', 'HEAD'])
  const { run } = await opened(github)
  const merged = await github.recorded({ workflow: staging, event: 'push', headSha: main, headBranch: 'main' })
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${merged.id}`, vouched: true })
})

const notMains: { readonly [what: string]: Partial<RunOf> & { readonly conclusion?: string } } = {
  'another workflow': { workflow: pullRequest },
  'another event': { event: 'workflow_dispatch' },
  'a run that failed': { conclusion: 'failure' },
  'another branch': { headBranch: 'other' },
}

test('a training of a commit of main that main did not make itself is reused, and not recorded again', async (t) => {
  await using github = await scene()
  const headSha = await git(github.root, ['rev-parse', 'HEAD'])
  const { run } = await opened(github)
  for (const [what, other] of Object.entries(notMains)) {
    await t.test(what, async () => {
      github.state.artifacts.length = 0
      const made = await github.recorded({ workflow: staging, event: 'push', headSha, headBranch: 'main', ...other })
      const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
      assert.deepEqual(found, { source: `run ${made.id}`, vouched: false })
    })
  }
})

test("a tag called main on the pull request's own commit does not make its training main's", async () => {
  await using github = await scene()
  const { headSha, run } = await opened(github)
  const forged = await github.recorded({ workflow: staging, event: 'push', headSha, headBranch: 'main' })
  await github.commit('README.md', 'two\n')
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${forged.id}`, vouched: false })
})

test('a training of another branch is reused, and not recorded again: nobody reviews it with this one', async () => {
  await using github = await scene()
  const other = await opened(github, 'other')
  const stranger = await github.recorded(other.run())
  await git(github.root, ['switch', '--quiet', 'main'])
  const { run } = await opened(github)
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${stranger.id}`, vouched: false })
})

test("a fork's training is never taken, though it names this very commit", async () => {
  await using github = await scene()
  const { run } = await opened(github)
  const fork = await github.recorded({ ...run(), headRepository: 'mallory/ice-cream' })
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { why: `run ${fork.id}: a fork's model is never promoted` })
})

test("a fork's own run may reuse what this repository has", async () => {
  await using github = await scene()
  const main = await git(github.root, ['rev-parse', 'HEAD'])
  const ours = await github.recorded({ workflow: staging, event: 'push', headSha: main, headBranch: 'main' })
  const { run } = await opened(github)
  const fork = github.startRun({ ...run(), headRepository: 'mallory/ice-cream' })
  const found = await github.reuseIn({
    run: fork,
    headRef: 'change',
    permissions: { contents: 'read', actions: 'read' },
  })
  assert.deepEqual(found, { source: `run ${ours.id}`, vouched: true })
})

test('the newest of several is taken; one that expired or is broken is passed over', async () => {
  await using github = await scene()
  const { run } = await opened(github)
  const first = await github.recorded(run())
  const broken = await github.recorded(run(), () => {}, { digest: `sha256:${'0'.repeat(64)}` })
  await github.recorded(run(), () => {}, { expired: true })
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${first.id}`, vouched: false })
  const left = github.state.artifacts.filter(({ runId }) => runId !== first.id)
  github.state.artifacts.splice(0, 99, ...left)
  const why = (await github.reuseIn({ run: github.startRun(run()) })) as { why: string }
  assert.match(
    why.why,
    /^run \d+: the artifact expired; run \d+: artifact \d+: its archive is sha256:\w+, and GitHub has recorded /,
  )
  assert.ok(why.why.includes(String(broken.id)))
})

const hostile: { readonly [what: string]: readonly [(files: Map<string, Buffer>) => void, RegExp] } = {
  'a path that climbs out': [
    (files) => files.delete('training.json') && files.set('../../victim', Buffer.from('x')),
    /invalid relative path: \.\.\/\.\.\/victim$/,
  ],
  'a file too many': [
    (files) => files.set('bundle/run.sh', Buffer.from('x')),
    /has \d+ entries, and at most|does not belong|belongs there/,
  ],
  'no training.json': [(files) => files.delete('training.json'), /training\.json is missing/],
  'training.json with more than we know': [
    (files) =>
      files.set('training.json', Buffer.from('{"digest":"::set-output name=x::y","epochs":[],"run":"<img src=x>"}')),
    /cannot be used: training\.json:/,
  ],
  'other weights than its digest': [
    (files) => files.set('bundle/weights.bin', Buffer.from('other')),
    /weights\.bin is not what the manifest says/,
  ],
}

test('an artifact that is not as it should be is not reused, and the reason says what is wrong', async (t) => {
  await using github = await scene()
  const { run } = await opened(github)
  for (const [what, [change, why]] of Object.entries(hostile)) {
    await t.test(what, async () => {
      github.state.artifacts.length = 0
      await github.recorded(run(), change)
      const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
      assert.match((found as { why: string }).why, why)
    })
  }
})

test('without the permission to look, that is the reason, with its name', async () => {
  await using github = await scene({ private: true })
  const { run } = await opened(github)
  await github.recorded(run())
  const found = await github.reuseIn({ run: github.startRun(run()), permissions: { contents: 'read' } })
  assert.match(
    (found as { why: string }).why,
    /^GitHub does not tell of earlier runs \(403: .*give the job the permission actions: read$/,
  )
})

test('GitHub that does not answer is asked again, and then is a reason to train', async () => {
  await using github = await scene()
  const { run } = await opened(github)
  const before = await github.recorded(run())
  const listing = 'GET /repos/{owner}/{repo}/actions/artifacts'
  github.fail(listing, { status: 502 })
  github.fail('GET blob', { reset: true })
  const found = await github.reuseIn({ run: github.startRun(run()), headRef: 'change' })
  assert.deepEqual(found, { source: `run ${before.id}`, vouched: false })
  assert.deepEqual(github.faultsLeft(), [])
})
