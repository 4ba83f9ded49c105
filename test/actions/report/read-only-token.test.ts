import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandsIn } from '../action.ts'
import { reported, toldOf, world } from './scenario.ts'

const words = 'Resource not accessible by integration'

test('with a token that may only read, the report is the job summary, a warning says what to allow, and the job is green', async (t) => {
  const at = world({ answer: (method) => (method === 'GET' ? undefined : { status: 403, message: words }) })
  const done = await reported(at)
  assert.equal(done.code, 0, done.log)
  assert.equal(done.outputs['posted'], 'summary')
  assert.match(done.summary, /^## ✅ Gate passed/)
  assert.deepEqual(at.comments, [])
  t.assert.snapshot(toldOf(done, at), { serializers: [String] })
})

test('the same where pull requests cannot be listed', async () => {
  const at = world({ answer: (_, path) => (path === 'pulls' ? { status: 404, message: 'Not Found' } : undefined) })
  const { code, log, outputs, summary } = await reported(at)
  assert.deepEqual([code, outputs['posted'], outputs['pull-request']], [0, 'summary', ''], log)
  assert.match(log, /^::warning title=report::GitHub does not let this job comment .*pull-requests: write/m)
  assert.match(summary, /^## ✅ Gate passed/)
})

test('without the permission to read artifacts, the comment says so', async () => {
  const refused = (path: string) => path.endsWith('/artifacts')
  const at = world({ answer: (_, path) => (refused(path) ? { status: 403, message: words } : undefined) })
  const { code, log } = await reported(at)
  assert.equal(code, 0, log)
  assert.match(
    at.comments[0]?.body ?? '',
    /\n## ⚠️ The report cannot be fetched: the job lacks the permission actions: read\n/,
  )
  assert.deepEqual(commandsIn(log), ['::group::report', '::endgroup::'])
})
