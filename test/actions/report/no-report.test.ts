import assert from 'node:assert/strict'
import { test } from 'node:test'
import { artifactOf, report, reported, toldOf, world } from './scenario.ts'

test('a run that failed before a report is told, with a link to it and how it ended', async (t) => {
  const at = world({ artifacts: [{ ...artifactOf(report), name: 'training-1' }] })
  const done = await reported(at, { conclusion: 'failure' })
  assert.equal(done.code, 0, done.log)
  t.assert.snapshot(toldOf(done, at), { serializers: [String] })
})

test('a run that waits for approval says so', async () => {
  const at = world({ artifacts: [] })
  await reported(at, { conclusion: 'action_required' })
  assert.match(
    at.comments[0]?.body ?? '',
    /## ⚠️ No report yet: somebody with write access must approve the run first\n/,
  )
})

test('an artifact that expired is told', async () => {
  const at = world({ artifacts: [{ ...artifactOf(report), expired: true }] })
  await reported(at)
  assert.match(at.comments[0]?.body ?? '', /## ⚠️ No report: the artifact has expired; run the workflow again\n/)
})

test('of several attempts’ artifacts the newest is told', async () => {
  const at = world({
    artifacts: [{ ...artifactOf({ ...report, title: 'new' }), id: 72 }, artifactOf({ ...report, title: 'old' })],
  })
  await reported(at)
  assert.match(at.comments[0]?.body ?? '', /\n\*new\*\n/)
})

test('a report that is good, of a run that is not, says both', async () => {
  const at = world()
  await reported(at, { conclusion: 'cancelled' })
  assert.match(
    at.comments[0]?.body ?? '',
    /## ✅ Gate passed.* · the run itself ended with `cancelled`: see its log\n/s,
  )
})
