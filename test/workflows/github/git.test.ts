import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, git } from './git/command.ts'
import { inJob, pullRequest } from './job.ts'
import { started } from './scratch.ts'

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

test('merges and pushes at once: none is lost', async () => {
  await using github = await started()
  for (const name of ['one', 'two', 'three']) await pullRequest(github, name)
  const tags = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'].map((tag) => github.push('origin', `HEAD:refs/tags/${tag}`))
  const merged = await Promise.all([1, 2, 3].map((number) => github.merge(number, 'squash')))
  assert.deepEqual(
    (await Promise.all(tags)).map(({ failed }) => failed),
    tags.map(() => undefined),
  )
  const log = await git(github.origin, ['rev-list', '--first-parent', 'main'])
  assert.deepEqual(log.split('\n').slice(0, 3), merged.toReversed())
  assert.equal((await git(github.origin, ['tag'])).split('\n').length, 6)
  assert.deepEqual(github.state.violations, [])
})
