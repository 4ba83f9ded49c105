import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pull, reported, world } from './scenario.ts'

test('an older run that is reported after a newer one leaves the comment as it is', async () => {
  const at = world()
  await reported(at, { id: 901, run_number: 13 })
  const before = at.comments[0]?.body
  const { code, outputs, summary, requests } = await reported(at)
  assert.deepEqual([code, outputs['posted']], [0, 'newer'])
  assert.equal(at.comments[0]?.body, before)
  assert.match(summary, /: newer\. It tells of a later run\.\n\n## ✅/)
  assert.equal(requests.filter(({ told }) => /^(?:POST|PATCH)/.test(told)).length, 0)
})

test('so does an older attempt of the same run', async () => {
  const at = world()
  await reported(at, { run_attempt: 3 })
  assert.equal((await reported(at, { run_attempt: 2 })).outputs['posted'], 'newer')
})

test('a run of a commit that is the head no more is not told: the newer push has its own', async () => {
  const at = world({ pulls: [{ ...pull, head: { ...pull.head, sha: 'b'.repeat(40) } }] })
  const { code, outputs, summary } = await reported(at)
  assert.deepEqual([code, outputs['posted'], at.comments.length], [0, 'summary', 0])
  assert.match(summary, /^A newer commit was pushed to the pull request meanwhile/)
})
