import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reported, world } from './scenario.ts'

test('a merge queue’s run has no pull request: the job summary has its report, and pull requests are not asked for', async () => {
  const at = world()
  const { code, outputs, summary, requests } = await reported(at, { event: 'merge_group' })
  assert.deepEqual([code, outputs['posted']], [0, 'summary'])
  assert.match(summary, /^The run was for the event merge&#95;group, not for a pull request\.\n\n## ✅ Gate passed/)
  assert.equal(requests.filter(({ told }) => told.includes('pulls')).length, 0)
})

test('started by another event than workflow_run, the action says how it is used', async () => {
  const { code, log } = await reported(world(), {}, { env: { GITHUB_EVENT_NAME: 'push' } })
  assert.equal(code, 1)
  assert.match(
    log,
    /^::error::the report of a pull request is posted after its run, by a workflow with `on: workflow_run`; this one was started by "push"$/m,
  )
})
