import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from './git/command.ts'
import { inJob, pullRequest } from './job.ts'
import { started } from './scratch.ts'

const about = (...include: string[]) => ({ conditions: { ref_name: { include, exclude: [] } } })

test('rulesets: no push to main, branches and tags that only grow, whoever pushes', async () => {
  await using github = await started({
    'main.json': { ...about('~DEFAULT_BRANCH'), rules: [{ type: 'deletion' }, { type: 'pull_request' }] },
    'releases.json': { ...about('refs/heads/releases'), rules: [{ type: 'deletion' }, { type: 'non_fast_forward' }] },
    'tags.json': { target: 'tag', ...about('refs/tags/v*'), rules: [{ type: 'update' }, { type: 'deletion' }] },
  })
  const job = inJob(github, { contents: 'write' })
  await github.commit('a', '2\n')
  for (const who of ['user:ada', `x-access-token:${job.token}`]) {
    const to = github.url(who)
    const refused = async (...refs: string[]) => (await github.push(to, ...refs)).failed ?? 'nothing was refused'
    assert.match(await refused('main'), /GH013(?:.|\n)*Changes must be made through a pull request/)
    const tag = `v${who.length}`
    assert.equal((await github.push(to, 'HEAD:refs/heads/releases', `HEAD:refs/tags/${tag}`)).failed, undefined)
    assert.match(await refused('+HEAD~1:refs/heads/releases'), /Cannot force-push/)
    assert.match(await refused(':releases'), /Cannot delete/)
    assert.match(await refused(`+HEAD~1:refs/tags/${tag}`), /Cannot update/)
    assert.match(await refused(`:refs/tags/${tag}`), /Cannot delete/)
    assert.equal((await github.push(to, '+HEAD~1:refs/heads/other', '+HEAD:refs/tags/other')).failed, undefined)
  }
  const sha = await git(github.root, ['rev-parse', 'HEAD~1'])
  const byApi = await job.call('PATCH', 'git/refs/heads/releases', { sha, force: true })
  assert.deepEqual([byApi.httpStatus, /rule violations/.test(byApi.message)], [422, true])
  assert.equal((await job.call('DELETE', `git/refs/tags/v${'user:ada'.length}`)).httpStatus, 422)
  assert.deepEqual(github.state.violations, [])
})

test('a rule for checks: a push of what passed is taken, a pull request with a red check is not merged', async () => {
  const checks = { required_status_checks: [{ context: 'model' }] }
  await using github = await started({
    'main.json': { ...about('~DEFAULT_BRANCH'), rules: [{ type: 'required_status_checks', parameters: checks }] },
  })
  const { headSha } = await pullRequest(github)
  const refused = await github.push('origin', `${headSha}:refs/heads/main`)
  assert.match(refused.failed ?? '', /1 of 1 required status checks are expected/)
  const run = github.startRun({ workflow: 'x.yml', event: 'pull_request', headSha, headBranch: 'change' })
  github.mintToken({ runId: run.id, job: 'model', permissions: {} })
  await assert.rejects(github.merge(1, 'squash'), /the required check model is in progress/)
  github.finishJob(run.id, 'model', 'failure')
  github.finishRun(run.id, 'failure')
  await assert.rejects(github.merge(1, 'squash'), /the required check model is failure/)
  const again = github.startRun({ ...run, id: run.id })
  github.mintToken({ runId: again.id, job: 'model', permissions: {} })
  github.finishJob(again.id, 'model', 'success')
  assert.equal((await github.push('origin', `${headSha}:refs/heads/main`)).failed, undefined)
})

test('a job pushes with contents: write of this repository, starts no workflow by it, and cannot change workflows', async () => {
  await using github = await started()
  const may = inJob(github, { contents: 'write' })
  const push = (token: string) => github.push(github.url(`x-access-token:${token}`), 'HEAD:refs/heads/releases')
  await github.commit('entry', '1\n')
  assert.equal((await push(may.token)).failed, undefined)
  assert.deepEqual(github.state.events.at(-1)?.starts, false)
  assert.match((await push('ghs_unknown')).failed ?? '', /Authentication failed/)
  for (const { token } of [inJob(github, { contents: 'read' }), inJob(github, { contents: 'write' }, { fork: true })])
    assert.match((await push(token)).failed ?? '', /403/)
  await github.write('.github/workflows/evil.yml', 'on: push\n')
  await github.commit('entry', '2\n')
  assert.match((await push(may.token)).failed ?? '', /without `workflows` permission/)
  assert.equal((await github.push('origin', 'HEAD:refs/heads/releases')).failed, undefined)
  github.finishRun(may.run.id, 'success')
  assert.match((await push(may.token)).failed ?? '', /Authentication failed/)
  assert.match((await github.push('origin', 'HEAD:refs/pull/1/head')).failed ?? '', /hidden ref/)
})

test('more than three tags in one push start nothing', async () => {
  await using github = await started()
  const tags = (...names: string[]) => github.push('origin', ...names.map((name) => `HEAD:refs/tags/${name}`))
  await tags('v1', 'v2', 'v3')
  await tags('v4', 'v5', 'v6', 'v7')
  const starts = github.state.events.filter(({ ref }) => ref.startsWith('refs/tags/')).map((each) => each.starts)
  assert.deepEqual(starts, [true, true, true, false, false, false, false])
})

test('the answer to a push may be lost on its way, and the push was taken', async () => {
  await using github = await started()
  const sha = await github.commit('a', '2\n')
  github.fail('git-receive-pack', { status: 503 }, { reset: true, after: true })
  assert.match((await github.push('origin', 'main')).failed ?? '', /503/)
  assert.notEqual(await git(github.origin, ['rev-parse', 'main']), sha)
  assert.notEqual((await github.push('origin', 'main')).failed, undefined)
  assert.equal(await git(github.origin, ['rev-parse', 'main']), sha)
  assert.deepEqual(github.state.violations, [])
})
