import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commentOf } from '../../../pipeline/report/comment.ts'
import { bot, type Comment } from './github.ts'
import { report, reported, world } from './scenario.ts'

const run = { id: 1, number: 99_999, attempt: 9, commit: 'a'.repeat(40), conclusion: 'success', repositoryUrl: 'x' }
const planted = commentOf({ report }, run)
const mallory = { login: 'mallory', type: 'User' }

/** 160 comments, so two pages: talk, and among them what others wrote with our marker. */
const talk = (): Comment[] =>
  Array.from({ length: 160 }, (_, index) => ({ id: index + 1, user: mallory, body: `I think ${index}` }))
const strange: { readonly [index: number]: Partial<Comment> } = {
  3: { body: planted },
  20: { user: { login: 'github-actions', type: 'User' }, body: planted },
  41: { user: { login: 'other-app[bot]', type: 'Bot' }, body: planted },
  55: { user: { login: 'github-actions[bot]', type: 'User' }, body: planted },
  58: { user: bot, body: `Another workflow’s words.\n${planted}` },
  130: { user: mallory, body: planted.toUpperCase() },
}

test('among 160 comments, six of them planted with our marker, there is one report, and it is ours', async () => {
  const at = world({ comments: talk().map((comment, index) => ({ ...comment, ...strange[index] })) })
  const before = structuredClone(at.comments)
  const first = await reported(at)
  assert.equal(first.outputs['posted'], 'created', first.log)
  assert.equal(at.comments.length, 161)
  assert.deepEqual(at.comments.slice(0, 160), before)
  assert.deepEqual(
    first.requests.filter(({ told }) => told.includes('comments')).map(({ told }) => told),
    ['GET issues/5/comments?per_page=100', 'GET issues/5/comments?per_page=100&page=2', 'POST issues/5/comments'],
  )

  const second = await reported(at, { id: 901, run_number: 13 })
  assert.equal(second.outputs['posted'], 'updated', second.log)
  assert.equal(at.comments.length, 161)
  assert.deepEqual(at.comments.slice(0, 160), before)
})

test('with a token of another app, its own comments are ours', async () => {
  const app = { login: 'acme-ml[bot]', type: 'Bot' }
  const at = world({
    comments: [
      { id: 7, user: bot, body: planted },
      { id: 8, user: app, body: commentOf({ report }, { ...run, number: 1 }) },
    ],
  })
  const { outputs } = await reported(at, {}, { inputs: { author: 'acme-ml[bot]' } })
  assert.deepEqual([outputs['posted'], outputs['url']], ['updated', 'https://github.example/comment/8'])
  assert.equal(at.comments[0]?.body, planted)
})
