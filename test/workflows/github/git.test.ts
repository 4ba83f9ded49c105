import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from './git/command.ts'
import { start } from './scratch.ts'

test('people push, and a branch becomes a pull request', async () => {
  await using github = await start()
  const first = await github.commit('a', '1\n')
  assert.equal((await github.push('origin', 'main')).failed, undefined)
  await git(github.root, ['switch', '--quiet', '-c', 'change'])
  const head = await github.commit('b', '2\n')
  assert.equal((await github.push('origin', 'change')).failed, undefined)
  const pull = await github.openPull({ branch: 'change', title: 'Change b' })
  assert.equal(pull.headSha, head)
  assert.equal(
    await git(github.origin, ['rev-parse', 'refs/pull/1/merge^1', 'refs/pull/1/merge^2']),
    `${first}\n${head}`,
  )
  const sha = await github.merge(1, 'squash')
  assert.equal(
    await git(github.origin, ['log', '--format=%H|%an|%s', 'main']),
    `${sha}|Ada|Change b (#1)\n${first}|Ada|a changes`,
  )
  assert.deepEqual(github.state.violations, [])
})
