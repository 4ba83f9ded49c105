import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, git } from './git/command.ts'
import { inJob, pullRequest } from './job.ts'
import { start } from './scratch.ts'

/** A repository with one commit on main; `rulesets` by file. */
async function started(rulesets: { readonly [file: string]: object } = {}, options: { private?: boolean } = {}) {
  const github = await start(options)
  for (const [file, ruleset] of Object.entries(rulesets))
    await github.write(`.github/rulesets/${file}`, JSON.stringify({ name: file, enforcement: 'active', ...ruleset }))
  await github.commit('a', '1\n')
  assert.equal((await github.push('origin', 'main')).failed, undefined)
  return github
}

const about = (...include: string[]) => ({ conditions: { ref_name: { include, exclude: [] } } })

test('people push, and a branch becomes a pull request that is merged in three ways', async () => {
  await using github = await started()
  const tip = () => git(github.origin, ['rev-parse', 'main'])
  const before = await tip()
  const pull = await pullRequest(github)
  const parents = ['rev-parse', 'refs/pull/1/head', 'refs/pull/1/merge^1', 'refs/pull/1/merge^2']
  assert.equal(await git(github.origin, parents), [pull.headSha, before, pull.headSha].join('\n'))

  const squashed = await github.merge(1, 'squash')
  assert.equal(
    await git(github.origin, ['log', '-1', '--format=%H %P %an %cn %s', 'main']),
    `${squashed} ${before} Ada GitHub Add change (#1)`,
  )
  const { headSha } = await pullRequest(github, 'second')
  const rebased = await github.merge(2, 'rebase')
  assert.notEqual(rebased, headSha)
  assert.equal(
    await git(github.origin, ['log', '-1', '--format=%H %P %an %cn %s', 'main']),
    `${rebased} ${squashed} Ada grace second changes`,
  )
  const third = await pullRequest(github, 'third')
  const merged = await github.merge(3, 'merge', 'linus')
  assert.equal(
    await git(github.origin, ['log', '-1', '--format=%P %s', 'main']),
    `${rebased} ${third.headSha} Merge pull request #3 from acme/third`,
  )
  assert.equal(await tip(), merged)
  assert.deepEqual(
    github.state.events
      .filter(({ ref }) => ref === 'refs/heads/main')
      .map(({ after, actor, starts }) => [after, actor, starts]),
    [
      [before, 'ada', true],
      [squashed, 'grace', true],
      [rebased, 'grace', true],
      [merged, 'linus', true],
    ],
  )
  assert.deepEqual(github.state.violations, [])
})

test('an open pull request follows its branch and main; in conflict it has no trial merge and is not merged', async () => {
  await using github = await started()
  const pull = await pullRequest(github)
  const { trialSha } = pull
  await github.commit('b', '1\n')
  await github.push('origin', 'main')
  assert.notEqual(pull.trialSha, trialSha)
  await github.commit('change', 'other\n')
  await github.push('origin', 'main')
  assert.equal(pull.trialSha, null)
  assert.equal(await ask(github.origin, ['rev-parse', '--verify', '--quiet', 'refs/pull/1/merge']), null)
  await assert.rejects(github.merge(1, 'squash'), /conflicts/)
  await git(github.root, ['switch', '--quiet', 'change'])
  await github.commit('change', 'other\n')
  await github.push('origin', 'change')
  const said = github.state.events.filter(({ event }) => event === 'pull_request').map(({ action }) => action)
  assert.deepEqual(said, ['opened', 'synchronize'])
  await github.push('origin', ':change')
  assert.equal(pull.state, 'closed')
})

test('the merge queue stacks pull requests on main, and main moves to the very commit that was tested', async () => {
  await using github = await started()
  const before = await git(github.origin, ['rev-parse', 'main'])
  for (const name of ['one', 'two']) await pullRequest(github, name)
  const group = await github.mergeGroup([1, 2])
  const [first] = group.groups
  assert.equal(first?.ref, `refs/heads/gh-readonly-queue/main/pr-1-${before}`)
  assert.equal(group.ref, `refs/heads/gh-readonly-queue/main/pr-2-${first?.sha}`)
  assert.equal(await git(github.origin, ['rev-list', group.ref]), [group.sha, first?.sha, before].join('\n'))
  assert.equal(await git(github.origin, ['rev-parse', 'main']), before)
  await github.landGroup(group.sha)
  assert.equal(await git(github.origin, ['rev-parse', 'main']), group.sha)
  assert.deepEqual(
    github.state.pulls.map(({ state, merged }) => [state, merged?.sha]),
    [
      ['closed', first?.sha],
      ['closed', group.sha],
    ],
  )
  assert.equal(await git(github.origin, ['for-each-ref', 'refs/heads/gh-readonly-queue']), '')
})

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

test('a private repository is cloned with contents: read, whole or by one commit', async () => {
  await using github = await started({}, { private: true })
  const clone = (who: string, folder: string) =>
    git(github.dir, ['clone', '--quiet', github.url(who), folder]).then(
      () => 'cloned',
      (error) => String(error),
    )
  assert.match(await clone('', 'stranger'), /terminal prompts disabled/)
  assert.match(await clone(`x-access-token:${inJob(github, { actions: 'read' }).token}`, 'without'), /403/)
  const { token } = inJob(github, { contents: 'read' })
  assert.equal(await clone(`x-access-token:${token}`, 'job'), 'cloned')
  const sha = await git(github.origin, ['rev-parse', 'main'])
  await git(github.root, ['fetch', '--quiet', '--depth=1', github.url(`x-access-token:${token}`), sha])
})

test('a fork opens a pull request; its branch is fetched, and nobody else pushes there', async () => {
  await using github = await started()
  await github.fork('mallory')
  const fork = (who: string) => github.url(who).replace('/acme/', '/mallory/')
  await git(github.root, ['switch', '--quiet', '-c', 'evil'])
  const head = await github.commit('evil', '1\n')
  assert.match((await github.push(fork('user:ada'), 'evil')).failed ?? '', /403/)
  assert.equal((await github.push(fork('user:mallory'), 'evil')).failed, undefined)
  const pull = await github.openPull({ owner: 'mallory', branch: 'evil', title: 'Trust me' })
  assert.equal(await git(github.origin, ['rev-parse', 'refs/pull/1/head']), head)
  const { call } = inJob(github, { 'pull-requests': 'read', contents: 'read' })
  const [listed] = await call('GET', 'pulls?head=mallory:evil')
  assert.deepEqual(
    [listed.number, listed.head.repo.full_name, listed.head.sha],
    [pull.number, 'mallory/ice-cream', head],
  )
  assert.deepEqual(await call('GET', `commits/${head}/pulls`), [])
  assert.match((await github.push('origin', `${head}:refs/heads/evil`)).failed ?? 'taken', /taken/)
})
