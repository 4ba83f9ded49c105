import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pull, reported, world } from './scenario.ts'

test('a commit that is the head of several open pull requests is told to none: the job summary has the report', async () => {
  const at = world({ pulls: [pull, { ...pull, number: 6 }] })
  const { code, outputs, summary, log } = await reported(at)
  assert.deepEqual([code, outputs['posted']], [0, 'summary'], log)
  assert.match(summary, /^The commit is the head of several pull requests \(5, 6\), so none is told of it\.\n\n## ✅/)
  assert.deepEqual(at.comments, [])
})

test('an open pull request is taken before those of the same branch that were closed', async () => {
  const at = world({ pulls: [{ ...pull, number: 3, state: 'closed' }, pull] })
  assert.equal((await reported(at)).outputs['pull-request'], '5')
})

test('a pull request that was merged meanwhile is told as well', async () => {
  const at = world({ pulls: [{ ...pull, state: 'closed' }] })
  assert.deepEqual([(await reported(at)).outputs['posted'], at.comments.length], ['created', 1])
})

test('without a pull request the report is the job summary', async () => {
  const at = world({ pulls: [] })
  const { code, summary } = await reported(at)
  assert.equal(code, 0)
  assert.match(summary, /^No pull request has this branch and commit as its head\.\n\n## ✅/)
})
