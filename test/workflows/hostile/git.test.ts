import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findPullRequest } from '../../../actions/shared/pull-request.ts'
import { runHolder } from '../../../actions/shared/run-holder.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { keepRelease } from '../../../actions/shared/tag-release.ts'
import { unzip } from '../../../actions/shared/unzip.ts'
import { InputError } from '../../../pipeline/errors.ts'
import { commitOf, git, tryGit } from '../../../pipeline/release/git.ts'
import { historyAt } from '../../../pipeline/release/history.ts'
import { liftMessage, promoteMessage, releaseMessage, revertMessage } from '../../../pipeline/release/message.ts'
import { requestMessage, supersedeMessage } from '../../../pipeline/release/queue-message.ts'
import { asking, pull, run, world } from '../../actions/report/scenario.ts'
import { zipOf } from '../../actions/zip.ts'
import { makeRepository, releaseOf } from '../../release/repository.ts'
import { tryAll } from './try.ts'
import { canary, words } from './words.ts'

process.env['CANARY'] = canary
const repository = await makeRepository()
after(() => repository[Symbol.asyncDispose]())
const { root, commit } = repository
/** Git takes no NUL in messages and arguments. */
const some = words.filter((word) => !word.includes('\0'))

test('in what an entry of the ledger tells, and in who wrote it: what it means stays what our tool has said', async (t) => {
  const [good, bad] = [releaseOf('a', commit), releaseOf('b', commit, 2)]
  const wanted: object[] = []
  const stream: string[] = []
  await tryAll(t, some, (word) => {
    const evidence = { why: word, lines: [`Evidence: ${word}`, word] }
    const taken = { withdrawn: bad, back: good, hold: true, releaseCommit: commit, evidence }
    const entries: readonly (readonly [string, object])[] = [
      [requestMessage('production', { commit, id: 'r1', by: word }), { kind: 'request', request: 'r1', about: commit }],
      [
        releaseMessage('production', good, { holder: 'me', supersedes: [commit] }),
        { kind: 'release', holder: 'me', supersedes: [commit] },
      ],
      [promoteMessage('production', good, commit), { kind: 'promote', promotes: commit }],
      [revertMessage('production', taken), { kind: 'revert', reverts: commit }],
      [
        supersedeMessage('production', { commit, why: word, back: null, supersedes: [] }),
        { kind: 'supersede', about: commit },
      ],
      [liftMessage('production', { digest: bad.model.digest, held: word, by: word, why: word }), { kind: 'lift' }],
    ]
    for (const [message, means] of entries) {
      wanted.push({ environment: 'production', supersedes: [], ...means })
      const author = word.replace(/[<>\n]/g, '')
      stream.push(
        `commit refs/heads/releases\nauthor ${author} <a@b> 1 +0000\ncommitter x <a@b> 1 +0000\ndata ${Buffer.byteLength(message)}\n${message}\n`,
      )
    }
  })
  execFileSync('git', ['-C', root, 'fast-import', '--quiet'], { input: stream.join('') })
  const found = await historyAt(root, await git(root, ['rev-parse', 'refs/heads/releases']))
  const means = found.map(({ commit: _, at, by, subject, ...rest }) => {
    assert.match(`${at} ${subject}`, /^1970-01-01T00:00:01\+00:00 production: /)
    return rest
  })
  assert.deepEqual(means.reverse(), wanted)
})

test('as a revision: no commit, and nothing that Git does for an option', (t) =>
  tryAll(t, some, async (word) => {
    await assert.rejects(commitOf(root, word), InputError)
  }))

test('as a branch, or the owner of a fork: one question, about that one', (t) => {
  const at = world()
  const asked: string[] = []
  at.answer = (method, path) => void asked.push(`${method} ${path}`)
  const tried = words.filter((word) => word.length < 1000 && word.isWellFormed())
  return asking(at, (github) =>
    tryAll(t, tried, async (word) => {
      at.pulls = [{ ...pull, head: { ...pull.head, ref: word } }]
      const from = { ...run.head_repository, owner: { login: word } }
      const found = await findPullRequest(github, { ...run, head_branch: word, head_repository: from })
      assert.deepEqual([found, asked.splice(0)], [{ number: 5 }, ['GET pulls']])
    }),
  )
})

test('as a tag, where Git takes it: its own release and no other', async (t) => {
  const tags: string[] = []
  for (const word of some.filter((each) => each.isWellFormed())) {
    const tag = `v1${word.replace(/[ ~^:?*[\\]/g, '-')}`
    if (tag.length < 200 && !(await tryGit(root, ['check-ref-format', `refs/tags/${tag}`])).failed) tags.push(tag)
  }
  assert.ok(tags.length > 80, `${tags.length} tags`)
  const at = world()
  const asked: string[] = []
  at.answer = (method, path) => void asked.push(`${method} ${path}`)
  await asking(at, (github) =>
    tryAll(t, tags, async (tag) => {
      const wanted = keepRelease(github, tag, () => assert.fail('composed'))
      await assert.rejects(wanted, (error: Error) => error instanceof InputError && error.message.includes(tag))
      assert.deepEqual(asked.splice(0), [`GET releases/tags/${tag}`, `GET git/ref/tags/${tag}`])
    }),
  )
})

test('as who holds a rollout: nobody is asked for it', (t) =>
  tryAll(t, words, async (word) => {
    const runner = readRunner({ GITHUB_RUN_ID: '1', GITHUB_REPOSITORY: 'a/b' })
    const holder = runHolder(runner, () => assert.fail('asked'))
    for (const name of [word, `github:${word}`, `github:1:${word}`, `github:1${word}:1`])
      if (!/^github:\d+:\d+$/.test(name)) assert.equal(await holder?.alive(name), undefined)
  }))

test('as a path in an archive: refused, or a plain path', (t) =>
  tryAll(t, words, async (word) => {
    for (const path of [word, `bundle/${word}`, `${word}/report.json`]) {
      if (Buffer.byteLength(path) > 65_535) continue
      const limits = { allow: () => true, maxBytes: 100, maxFiles: 2 }
      const found = await unzip(zipOf([{ path, content: 'x' }]), 'artifact 7', limits).catch((error) => {
        assert.ok(error instanceof InputError, error.stack)
        assert.match(error.message, /^artifact 7: [\x20-\x7e]{1,600}$/)
        return undefined
      })
      for (const name of found?.keys() ?? []) assert.match(join('/x', name), /^\/x\/(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/)
    }
  }))
