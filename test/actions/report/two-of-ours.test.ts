import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commentOf, isMarked } from '../../../pipeline/report/comment.ts'
import { bot } from './github.ts'
import { commit, report, reported, world } from './scenario.ts'

const run = {
  id: 800,
  number: 3,
  attempt: 1,
  commit,
  conclusion: 'success',
  repositoryUrl: 'https://github.example/acme/shop',
}

test('should there be two of ours, the oldest is kept up to date and the other points to it, once', async () => {
  const body = commentOf({ report }, run)
  const at = world({
    comments: [
      { id: 40, user: bot, body },
      { id: 30, user: bot, body },
    ],
  })
  const { outputs, log } = await reported(at)
  assert.deepEqual([outputs['posted'], outputs['url']], ['updated', 'https://github.example/comment/30'], log)
  const [later, first] = at.comments
  assert.ok(isMarked(first?.body ?? ''))
  assert.equal(
    later?.body,
    'The report is kept up to date in [an earlier comment](https://github.example/comment/30).\n',
  )
  const again = await reported(at)
  assert.equal(again.requests.filter(({ told }) => told.startsWith('PATCH')).length, 0)
})
