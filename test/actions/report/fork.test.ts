import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commit, reported, world } from './scenario.ts'

const fork = { id: 77, full_name: 'mallory/shop', owner: { login: 'mallory' } }
const pullOf = (number: number, repo: number | null, ref = 'more-room', sha = commit) => ({
  number,
  head: { ref, sha, repo: repo === null ? null : { id: repo } },
})

test('a fork’s pull request is found by its owner, branch and commit, among others with the same branch or commit', async () => {
  // GitHub lists all pull requests when it cannot read `head`; the run's own list is empty for forks, and not believed.
  const pulls = [pullOf(4, 1), pullOf(6, 78), pullOf(7, 77, 'another'), pullOf(8, null), pullOf(9, 77)]
  const at = world({ pulls })
  const { code, log, outputs, requests } = await reported(at, {
    head_repository: fork,
    pull_requests: [{ number: 4 }],
  })
  assert.equal(code, 0, log)
  assert.deepEqual([outputs['pull-request'], outputs['posted']], ['9', 'created'])
  assert.ok(requests.some(({ told }) => told === 'GET pulls?head=mallory:more-room&state=all&per_page=100'))
})

test('a fork that is gone has no pull request to tell', async () => {
  const at = world()
  const { code, outputs, summary } = await reported(at, { head_repository: null })
  assert.deepEqual([code, outputs['posted'], outputs['pull-request']], [0, 'summary', ''])
  assert.match(summary, /^The repository or branch that the pull request came from is gone\.\n\n## ✅ Gate passed/)
})
