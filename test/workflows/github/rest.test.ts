import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { git } from './git/command.ts'
import { callWith, inJob, pullRequest } from './job.ts'
import { start } from './scratch.ts'

test('a job comments on a pull request with pull-requests: write, and not without', async () => {
  await using github = await start()
  await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { number, headSha } = await pullRequest(github)
  const { octokit, repository, call: plainly } = inJob(github, { 'pull-requests': 'write' })
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
  const tooLong = await plainly('POST', `issues/${number}/comments`, { body: 'x'.repeat(65_537) })
  assert.equal(tooLong.httpStatus, 422)

  const others = [
    inJob(github, { 'pull-requests': 'read' }),
    inJob(github, { 'pull-requests': 'write' }, { fork: true }),
    inJob(github, {}),
  ]
  for (const { call } of others) {
    const { httpStatus, message } = await call('POST', `issues/${number}/comments`, { body: 'x' })
    assert.deepEqual([httpStatus, message], [403, 'Resource not accessible by integration'])
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
  const { octokit, repository, call } = inJob(github, { contents: 'write' })
  const tag_name = `model-${'b'.repeat(64)}`
  const { data: release } = await octokit.rest.repos.createRelease({
    ...repository,
    ...{ tag_name, target_commitish: commit, prerelease: true, make_latest: 'false', name: 'ice-cream-sales' },
  })
  assert.equal(await git(github.origin, ['rev-parse', `refs/tags/${tag_name}`]), commit)
  assert.equal((await call('POST', 'releases', { tag_name })).errors[0].code, 'already_exists')
  const address = `uploads:releases/${release.id}/assets?name=training.tar`
  github.fail('POST /repos/{owner}/{repo}/releases/{release_id}/assets', { reset: true })
  await assert.rejects(call('POST', address, Buffer.from('half')), /fetch failed/)
  const { data: half } = await octokit.rest.repos.getReleaseByTag({ ...repository, tag: tag_name })
  assert.deepEqual(
    half.assets.map(({ name, state }) => [name, state as string]),
    [['training.tar', 'starter']],
  )
  assert.equal((await call('POST', address, Buffer.from('whole'))).errors[0].code, 'already_exists')
  await octokit.rest.repos.deleteReleaseAsset({ ...repository, asset_id: half.assets[0]?.id ?? 0 })
  const url = `${release.upload_url.replace(/\{.*/, '')}?name=training.tar`
  const headers = { 'content-type': 'application/x-tar' }
  const { data: asset } = await octokit.request(`POST ${url}`, { data: Buffer.from('whole'), headers })
  const accept = { accept: 'application/octet-stream' }
  const { data } = await octokit.rest.repos.getReleaseAsset({ ...repository, asset_id: asset.id, headers: accept })
  assert.equal(Buffer.from(data as unknown as ArrayBuffer).toString(), 'whole')
  assert.equal((await call('GET', 'releases/latest')).httpStatus, 404)
  assert.deepEqual(github.state.violations, [])
  assert.deepEqual(github.faultsLeft(), [])
})

test('a job that is killed while it uploads leaves a starter', { timeout: 300_000 }, async () => {
  await using github = await start()
  await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { call, token } = inJob(github, { contents: 'write' })
  const release = await call('POST', 'releases', { tag_name: 'v1' })
  const headers = { authorization: `token ${token}`, 'user-agent': 'test', 'content-length': 1000 }
  const url = `${release.upload_url.replace(/\{.*/, '')}?name=training.tar`
  const upload = request(url, { method: 'POST', headers }).on('error', () => {})
  upload.write('half', () => upload.destroy())
  while (github.state.assets.length === 0) await setTimeout(20)
  const [asset] = (await call('GET', `releases/${release.id}`)).assets
  assert.deepEqual([asset.name, asset.state, asset.size], ['training.tar', 'starter', 0])
  assert.equal((await call('DELETE', `releases/assets/${asset.id}`)).httpStatus, 204)
  assert.deepEqual(github.state.violations, [])
})

test('calls that fail for a while are repeated', async () => {
  await using github = await start()
  const { octokit, repository, call } = inJob(github, { actions: 'read' })
  const runs = 'GET /repos/{owner}/{repo}/actions/runs'
  github.fail(runs, { status: 500 })
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({ ...repository, event: 'push' })
  assert.equal(data.total_count, 1)
  github.fail(
    runs,
    { status: 429, retryAfter: 60 },
    { reset: true },
    { delayMs: 50, after: true },
    { status: 502, after: true },
  )
  assert.equal((await call('GET', 'actions/runs')).httpStatus, 429)
  await assert.rejects(call('GET', 'actions/runs'), /fetch failed/)
  assert.equal((await call('GET', 'actions/runs')).total_count, 1)
  assert.equal((await call('GET', 'actions/runs')).httpStatus, 502)
  assert.deepEqual(
    github.state.requests.map(({ status }) => status),
    [500, 200, 429, 0, 200, 502],
  )
  assert.deepEqual(github.faultsLeft(), [])
})

test('what the stand-in does not know, and who GitHub does not know', async () => {
  await using github = await start({ private: true })
  const { call, token, run } = inJob(github, { actions: 'read' })
  assert.equal((await call('GET', 'keys')).httpStatus, 501)
  assert.deepEqual(github.state.violations, [
    { request: 'GET /repos/acme/ice-cream/keys', what: 'the stand-in for GitHub has no such route' },
  ])
  assert.equal((await callWith(github, '', 'GET', 'actions/runs')).httpStatus, 404)
  assert.equal((await callWith(github, 'ghs_unknown', 'GET', 'actions/runs')).httpStatus, 401)
  github.finishRun(run.id, 'success')
  assert.equal((await callWith(github, token, 'GET', `actions/runs/${run.id}`)).httpStatus, 401)
})
