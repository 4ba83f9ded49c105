import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDescription } from './description/description.ts'
import { git } from './git/command.ts'
import { inJob, pullRequest } from './job.ts'
import { routes } from './rest/rest.ts'
import { start } from './scratch.ts'

const description = '.mergeline/setup/github.json'

/** A stand-in whose requests and answers are checked against GitHub's description. */
const checked = () => start({ description })

test('GitHub has every route of the stand-in, and for the tokens of jobs', () => {
  const { request } = openDescription(description)
  for (const operation of routes.keys())
    assert.deepEqual(request({ operation, path: {}, query: {}, body: undefined }).unknown, [], operation)
  assert.deepEqual(
    request({ operation: 'GET /repos/{owner}/{repo}/nothing', path: {}, query: {}, body: undefined }).unknown,
    ['GitHub has no GET /repos/{owner}/{repo}/nothing'],
  )
})

test('all that the stand-in answers GitHub could have answered', async () => {
  await using github = await checked()
  const commit = await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { number, headSha } = await pullRequest(github)
  const all = ['actions', 'attestations', 'checks', 'contents', 'deployments', 'issues', 'pull-requests', 'statuses']
  const permissions = Object.fromEntries(all.map((scope) => [scope, 'write' as const]))
  const { run, call } = inJob(github, permissions, { headSha })
  github.state.variables['WHERE'] = 'here'
  github.state.environments.push({ id: 7, name: 'production', reviewers: ['ada'] })
  github.state.approvals.push({ runId: run.id, environment: 'production', state: 'approved', by: 'ada', comment: 'go' })
  const release = await call('POST', 'releases', {
    tag_name: 'v1',
    target_commitish: commit,
    name: 'One',
    body: 'notes',
  })
  const asset = await call('POST', `uploads:releases/${release.id}/assets?name=a.tar&label=A`, Buffer.from('bytes'))
  const check = await call('POST', 'check-runs', {
    name: 'gate',
    head_sha: headSha,
    conclusion: 'success',
    output: { title: 't', summary: 's' },
  })
  const comment = await call('POST', `issues/${number}/comments`, { body: 'hello' })
  const deployment = await call('POST', 'deployments', { ref: 'main', environment: 'staging', required_contexts: [] })
  await call('POST', `deployments/${deployment.id}/statuses`, {
    state: 'success',
    description: 'done',
    log_url: 'https://example.org/',
  })
  const statement = { predicateType: 'x', subject: [{ name: 'a', digest: { sha256: 'c'.repeat(64) } }] }
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64')
  await call('POST', 'attestations', {
    bundle: { mediaType: 'x', verificationMaterial: {}, dsseEnvelope: { payload } },
  })
  await call('POST', 'git/refs', { ref: 'refs/tags/other', sha: commit })
  await git(github.origin, ['tag', '-a', '-m', 'annotated', 'v2', commit])
  const tag = await git(github.origin, ['rev-parse', 'v2'])
  await github.retarget(number, 'main')

  const reads = [
    '',
    'pulls?state=all&head=acme:change&per_page=1&page=1',
    `pulls/${number}`,
    `commits/${headSha}/pulls`,
    `issues/${number}/comments`,
    `issues/${number}/events`,
    `issues/comments/${comment.id}`,
    'actions/runs?event=push&status=in_progress&created=>=2026-01-01',
    `actions/runs/${run.id}`,
    `actions/runs/${run.id}/attempts/1`,
    `actions/runs/${run.id}/jobs`,
    `actions/runs/${run.id}/attempts/1/jobs`,
    `actions/runs/${run.id}/approvals`,
    `actions/runs/${run.id}/artifacts`,
    'actions/workflows/x.yml',
    'actions/workflows/x.yml/runs',
    'actions/artifacts?name=none',
    'releases',
    'releases/latest',
    'releases/tags/v1',
    `releases/${release.id}`,
    `releases/${release.id}/assets`,
    `releases/assets/${asset.id}`,
    'git/ref/heads/main',
    'git/ref/tags%2Fv2',
    'git/matching-refs/tags/v',
    `git/tags/${tag}`,
    'deployments',
    `deployments/${deployment.id}`,
    `deployments/${deployment.id}/statuses`,
    'environments',
    'environments/production',
    `attestations/sha256:${'c'.repeat(64)}`,
    `check-runs/${check.id}`,
    `commits/${headSha}/check-runs`,
  ]
  for (const path of reads) await call('GET', path)
  await call('PATCH', `issues/comments/${comment.id}`, { body: 'mended' })
  await call('PATCH', `releases/${release.id}`, { body: 'more notes', make_latest: 'true' })
  await call('PATCH', `releases/assets/${asset.id}`, { label: 'B' })
  await call('PATCH', `check-runs/${check.id}`, { status: 'completed', conclusion: 'failure' })
  await call('PATCH', 'git/refs/tags/other', { sha: headSha })
  for (const path of [
    `issues/comments/${comment.id}`,
    'git/refs/tags/other',
    `releases/assets/${asset.id}`,
    `releases/${release.id}`,
  ])
    await call('DELETE', path)
  const merged = await github.merge(number, 'squash')
  await call('GET', `commits/${merged}/pulls`)
  await call('GET', `issues/${number}/events`)
  assert.deepEqual(github.state.violations, [])
})

test('what GitHub does not know is told', async () => {
  await using github = await checked()
  await github.commit('a', '1\n')
  await github.push('origin', 'main')
  const { call } = inJob(github, { contents: 'write', actions: 'read', 'pull-requests': 'write' })
  await call('GET', 'actions/runs?branch=main&order=newest')
  await call('GET', 'actions/artifacts?per_page=many')
  await call('POST', 'releases', { tag_name: 'v1', draft: 'no', notes: 'x' })
  await call('POST', 'releases', { name: 'x' })
  await call('GET', 'keys')
  assert.deepEqual(
    github.state.violations.map(({ what }) => what),
    [
      'GitHub knows no parameter order of GET /repos/{owner}/{repo}/actions/runs',
      'per_page must be integer',
      'the body/draft must be boolean',
      'GitHub knows no /notes',
      "the body must have required property 'tag_name'",
      'the stand-in for GitHub has no such route',
    ],
  )
  assert.deepEqual(github.state.releases, [])
})
