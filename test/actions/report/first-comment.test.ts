import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reported, toldOf, world } from './scenario.ts'

test('the first run of a pull request gets a comment: the verdict first, then the sections, then the run', async (t) => {
  const at = world()
  const done = await reported(at)
  assert.equal(done.code, 0, done.log)
  assert.match(at.comments[0]?.body ?? '', /^<!-- mergeline:report \S+ -->\n## ✅ Gate passed: MAE /)
  t.assert.snapshot(toldOf(done, at), { serializers: [String] })
})
