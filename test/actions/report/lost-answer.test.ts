import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bot } from './github.ts'
import { reported, world } from './scenario.ts'

test('a comment that was made though its answer was lost is found again, not made twice', async () => {
  const at = world()
  let lost = 0
  at.answer = (method, path) => {
    if (method !== 'POST' || path !== 'issues/5/comments' || lost++ > 0) return undefined
    at.comments.push({ id: 11, user: bot, body: '<!-- mergeline:report bm90aGluZw== -->\nmade, and its answer lost' })
    return { status: 502, message: 'Bad Gateway' }
  }
  const { code, outputs, log } = await reported(at)
  assert.equal(code, 0, log)
  assert.equal(outputs['posted'], 'updated')
  assert.equal(at.comments.length, 1)
})
