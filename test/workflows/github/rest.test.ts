import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGitHub } from '../../../actions/shared/github.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { git } from './git/command.ts'
import type { Level } from './permissions.ts'
import { start } from './scratch.ts'

type Scratch = Awaited<ReturnType<typeof start>>

/** What an action has in a job with these permissions. */
function inJob(github: Scratch, permissions: { readonly [scope: string]: Level }, fork = false) {
  const headSha = 'a'.repeat(40)
  const run = github.startRun({ workflow: '.github/workflows/x.yml', event: 'push', headSha, headBranch: 'main' })
  const { token } = github.mintToken({ runId: run.id, job: 'model', permissions, fork })
  return {
    run,
    token,
    ...openGitHub(readRunner({ GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: 'acme/ice-cream' }), token),
  }
}

async function pullRequest(github: Scratch, branch = 'change') {
  await git(github.root, ['switch', '--quiet', '-c', branch])
  await github.commit(branch, '2\n')
  await github.push('origin', branch)
  const pull = await github.openPull({ branch, title: `Add ${branch}` })
  await git(github.root, ['switch', '--quiet', 'main'])
  return pull
}

const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => 200,
    (error: { status: number }) => error.status,
  )

test('a job comments on a pull request with pull-requests: write, and not without', async () => {
  await using github = await start()
  await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { number, headSha } = await pullRequest(github)
  const { octokit, repository } = inJob(github, { 'pull-requests': 'write' })
  const issue = { ...repository, issue_number: number }
  const { data } = await octokit.rest.pulls.list({ ...repository, head: 'acme:change', state: 'open' })
  assert.deepEqual(
    data.map((pull) => [pull.number, pull.head.sha]),
    [[number, headSha]],
  )
  const times = { createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' }
  for (let id = 1; id < 60; id++)
    github.state.issueComments.push({ id, issue: number, author: 'mallory', body: `comment ${id}`, ...times })
  const { data: made } = await octokit.rest.issues.createComment({ ...issue, body: 'ours' })
  const comments = await octokit.paginate(octokit.rest.issues.listComments, { ...issue, per_page: 25 })
  assert.deepEqual(
    comments.map(({ id }) => id),
    github.state.issueComments.map(({ id }) => id),
  )
  assert.equal(comments[59]?.user?.login, 'github-actions[bot]')
  await octokit.rest.issues.updateComment({ ...repository, comment_id: made.id, body: 'mended' })
  assert.equal(github.state.issueComments.at(-1)?.body, 'mended')
  assert.equal(await statusOf(octokit.rest.issues.createComment({ ...issue, body: 'x'.repeat(65_537) })), 422)

  const others = [
    inJob(github, { 'pull-requests': 'read' }),
    inJob(github, { 'pull-requests': 'write' }, true),
    inJob(github, {}),
  ]
  for (const { octokit: other } of others) {
    const refused = await other.rest.issues.createComment({ ...issue, body: 'x' }).catch((error) => error)
    assert.equal(refused.status, 403)
    assert.equal(refused.response.data.message, 'Resource not accessible by integration')
  }
  assert.deepEqual(github.state.violations, [])
})

test('the pull request of a merged commit is found by it, for every way to merge', async () => {
  await using github = await start()
  await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { octokit, repository } = inJob(github, { 'pull-requests': 'read' })
  for (const method of ['squash', 'rebase', 'merge'] as const) {
    const { number, headSha } = await pullRequest(github, method)
    const sha = await github.merge(number, method)
    const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...repository, commit_sha: sha })
    assert.deepEqual(
      data.map((pull) => [pull.number, pull.merge_commit_sha, pull.head.sha, pull.base.ref]),
      [[number, sha, headSha, 'main']],
    )
    assert.ok(data[0]?.merged_at)
  }
  assert.deepEqual(github.state.violations, [])
})

test('a release holds assets; what broke off stays as a starter until it is deleted', async () => {
  await using github = await start()
  const commit = await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { octokit, repository } = inJob(github, { contents: 'write' })
  const tag_name = `model-${'b'.repeat(64)}`
  const { data: release } = await octokit.rest.repos.createRelease({
    ...repository,
    ...{ tag_name, target_commitish: commit, prerelease: true, make_latest: 'false', name: 'ice-cream-sales' },
  })
  assert.equal(await git(github.origin, ['rev-parse', `refs/tags/${tag_name}`]), commit)
  assert.equal(await statusOf(octokit.rest.repos.createRelease({ ...repository, tag_name })), 422)
  const url = release.upload_url.replace(/\{.*/, '')
  const upload = (bytes: Buffer) =>
    octokit.request(`POST ${url}?name=training.tar`, { data: bytes, headers: { 'content-type': 'application/x-tar' } })
  github.fail('POST /repos/{owner}/{repo}/releases/{release_id}/assets', { reset: true })
  assert.notEqual(
    await statusOf(
      octokit.request(`POST ${url}?name=training.tar`, { data: Buffer.from('half'), request: { retries: 0 } }),
    ),
    200,
  )
  const { data: half } = await octokit.rest.repos.getReleaseByTag({ ...repository, tag: tag_name })
  assert.deepEqual(
    half.assets.map(({ name, state }) => [name, state as string]),
    [['training.tar', 'starter']],
  )
  assert.equal(await statusOf(upload(Buffer.from('whole'))), 422)
  await octokit.rest.repos.deleteReleaseAsset({ ...repository, asset_id: half.assets[0]?.id ?? 0 })
  const { data: asset } = await upload(Buffer.from('whole'))
  const headers = { accept: 'application/octet-stream' }
  const { data } = await octokit.rest.repos.getReleaseAsset({ ...repository, asset_id: asset.id, headers })
  assert.equal(Buffer.from(data as unknown as ArrayBuffer).toString(), 'whole')
  const latest = await statusOf(octokit.rest.repos.getLatestRelease(repository))
  assert.equal(latest, 404)
  assert.deepEqual(github.state.violations, [])
  assert.deepEqual(github.faultsLeft(), [])
})

test('calls that fail for a while are repeated', async () => {
  await using github = await start()
  const { octokit, repository } = inJob(github, { actions: 'read' })
  github.fail(
    'GET /repos/{owner}/{repo}/actions/runs',
    { status: 500 },
    { status: 429, retryAfter: 1 },
    { delayMs: 20 },
  )
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({ ...repository, event: 'push' })
  assert.equal(data.total_count, 1)
  assert.deepEqual(
    github.state.requests.map(({ status }) => status),
    [500, 429, 200],
  )
})

test('what the stand-in does not know, and who GitHub does not know', async () => {
  await using github = await start({ private: true })
  const { octokit, repository, run } = inJob(github, { actions: 'read' })
  const unknown = octokit.request('GET /repos/{owner}/{repo}/keys', { ...repository, request: { retries: 0 } })
  assert.equal(await statusOf(unknown), 501)
  assert.equal(github.state.violations.length, 1)
  const plain = (token: string) =>
    fetch(`${github.apiUrl}/repos/acme/ice-cream/actions/runs`, { headers: token ? { authorization: token } : {} })
  assert.equal((await plain('')).status, 404)
  assert.equal((await plain('token ghs_unknown')).status, 401)
  github.finishRun(run.id, 'success')
  assert.equal(await statusOf(octokit.rest.actions.getWorkflowRun({ ...repository, run_id: run.id })), 401)
})
