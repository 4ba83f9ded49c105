import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommentRun, commentOf, isMarked, resultsIn, tellsOfLater } from '../../pipeline/report/comment.ts'
import { hostile } from './cells.ts'
import { gate, reportWith } from './sample.ts'

const base = { attempt: 1, conclusion: 'success', repositoryUrl: 'https://github.example/acme/shop', artifact: 3 }
const run = (number: number, more: Partial<CommentRun> = {}): CommentRun => ({
  ...base,
  id: 900 + number,
  number,
  commit: String(number % 10).repeat(40),
  ...more,
})
const report = { title: 'T', gate, next: [] }

test('the last five older results stay, one line each: commit, result, model', () => {
  let body = ''
  for (let number = 1; number <= 9; number++) body = commentOf({ report }, run(number), body)
  assert.deepEqual(
    resultsIn(body).map(({ number }) => number),
    [9, 8, 7, 6, 5, 4],
  )
  const [, older] = body.split('<details><summary>Older results (5)</summary>\n\n')
  assert.equal(
    older?.split('\n')[0],
    "- [`8888888`](https://github.example/acme/shop/actions/runs/908) ✅ Gate passed: MAE 20.96 units, 10.8 % less than the champion's · `sha256:aa`",
  )
  assert.equal(older?.split('\n').length, 8)
})

test('the same run told again gives the same text, also with its own as what was there', () => {
  const first = commentOf({ report }, run(1))
  const second = commentOf({ report }, run(2), first)
  assert.equal(commentOf({ report }, run(2), second), second)
  assert.equal(commentOf({ report }, run(2), first), second)
})

test('a comment knows whether it tells of a later run, or a later attempt', () => {
  const body = commentOf({ report }, run(5, { attempt: 2 }))
  assert.ok(isMarked(body))
  assert.ok(tellsOfLater(body, run(4, { attempt: 9 })))
  assert.ok(tellsOfLater(body, run(5, { attempt: 1 })))
  assert.ok(!tellsOfLater(body, run(5, { attempt: 2 })))
  assert.ok(!tellsOfLater(body, run(6)))
  assert.ok(!tellsOfLater('', run(1)))
})

test('a marker that is not as we write it tells nothing', () => {
  const marked = (value: unknown) =>
    `<!-- mergeline:report ${Buffer.from(JSON.stringify(value)).toString('base64')} -->`
  const [result] = resultsIn(commentOf({ report }, run(1)))
  assert.deepEqual(resultsIn(marked([result])), [result])
  for (const value of [
    null,
    {},
    [],
    [{ ...result, run: '1' }],
    [{ ...result, more: 1 }],
    Array.from({ length: 7 }, () => result),
  ])
    assert.deepEqual(resultsIn(marked(value)), [], JSON.stringify(value))
  for (const body of [
    '<!-- mergeline:report e30 -->',
    '<!-- mergeline:report %% -->',
    '<!-- mergeline:report -->',
    'x',
  ])
    assert.deepEqual(resultsIn(body), [])
})

test('a comment is never longer than GitHub takes, whatever the words and however long the past', () => {
  for (const value of ['@', '|`', '&#', '🍦', ...hostile].filter((each) => each !== '')) {
    const long = value.repeat(Math.ceil(2000 / value.length))
    const data = {
      pass: false,
      files: [],
      findings: [{ file: long, rule: 'r', severity: 'error' as const, count: 1, shown: [], what: long, cure: long }],
    }
    let body = ''
    const past = ['@', '🍦'].includes(value) ? 1 : 7
    for (let number = past; number <= 7; number++)
      body = commentOf({ report: { ...reportWith(long), data } }, run(number), body)
    assert.ok(body.length < 65_536, `${JSON.stringify(value)}: ${body.length} characters`)
    assert.match(body, /^<!-- mergeline:report [\w+/=]+ -->\n## ❌ Data refused: 1 error in/)
    assert.match(body, /\n\[Run 907\]\(/)
    assert.equal(resultsIn(body).length, past === 1 ? 6 : 1)
  }
})
