import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultsIn } from '../../../pipeline/report/comment.ts'
import { gate } from '../../report/sample.ts'
import { artifactOf, pull, report, reported, toldOf, world } from './scenario.ts'

test('a later run updates the comment in place; the older result is folded away', async (t) => {
  const at = world()
  await reported(at)
  const sha = '7'.repeat(40)
  at.pulls = [{ ...pull, head: { ...pull.head, sha } }]
  at.artifacts = [artifactOf({ ...report, gate: { ...gate, result: 'fail' } })]
  const done = await reported(at, { id: 901, run_number: 13, head_sha: sha, conclusion: 'failure' })
  assert.equal(done.outputs['posted'], 'updated', done.log)
  assert.equal(at.comments.length, 1)
  t.assert.snapshot(toldOf(done, at), { serializers: [String] })
})

test('another attempt of the same run takes the place of the one before', async () => {
  const at = world({ artifacts: [] })
  await reported(at, { conclusion: 'failure' })
  at.artifacts = [artifactOf(report)]
  const { outputs } = await reported(at, { run_attempt: 2 })
  assert.equal(outputs['posted'], 'updated')
  assert.deepEqual(
    resultsIn(at.comments[0]?.body ?? '').map(({ run, attempt }) => [run, attempt]),
    [[900, 2]],
  )
  assert.match(at.comments[0]?.body ?? '', /\[Run 900\]\(\S+\), attempt 2 of commit/)
})
