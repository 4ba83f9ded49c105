// Which of several releases an environment ends up with, whatever order its jobs come in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asked } from '../../pipeline/release/asked.ts'
import { promoteRelease } from '../../pipeline/release/decided.ts'
import { history } from '../../pipeline/release/history.ts'
import type { Release } from '../../pipeline/release/release.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { takeTurn } from '../../pipeline/release/turn.ts'
import { askedFor, makeRepository, releaseOf } from './repository.ts'

const environment = 'production'

/** A repository on whose ledger requests are written; runs in `ended` have. */
async function scene() {
  const repository = await makeRepository({ origin: true })
  const { root, commit } = repository
  const ended = new Set<string>()
  const asks = async (request: string) => !ended.has(request)
  return {
    ...repository,
    ended,
    ask: (id: string) => requestRelease(root, environment, { commit, id, by: 'ada' }),
    async turn(release: Release, more: Partial<Asked> = {}) {
      const holder = { name: `runner-${more.request ?? 'x'}`, alive: async () => false, asks }
      const turn = await takeTurn(await askedFor(root, environment, release, { holder, ...more }), {
        prepare: async () => {},
        log: () => {},
        pollMs: 10,
      })
      return turn.kind === 'go' ? turn.releaseCommit : turn
    },
  }
}

test('of two tags the one pushed later wins, also where the earlier one is approved after it', async () => {
  await using s = await scene()
  await s.ask('github-102')
  await s.ask('github-101')
  const early = await s.turn(releaseOf('a', s.commit), { request: 'github-101' })
  assert.ok(typeof early === 'object')
  assert.deepEqual([early.kind, 'outcome' in early && early.outcome], ['over', 'superseded'])
  assert.match('reason' in early ? early.reason : '', /asked for after it \(github-102\)/)
  const late = await s.turn(releaseOf('b', s.commit, 2), { request: 'github-102' })
  assert.equal(typeof late, 'string')
})

test('run numbers are compared as numbers', async () => {
  await using s = await scene()
  await s.ask('github-9')
  await s.ask('github-10')
  assert.equal(typeof (await s.turn(releaseOf('a', s.commit), { request: 'github-9' })), 'object')
  assert.equal(typeof (await s.turn(releaseOf('b', s.commit, 2), { request: 'github-10' })), 'string')
})

test('a later request whose run ended without a release stands in nobody’s way, and may be run again', async () => {
  await using s = await scene()
  await s.ask('github-101')
  await s.ask('github-102')
  s.ended.add('github-102')
  const early = await s.turn(releaseOf('a', s.commit), { request: 'github-101' })
  assert.equal(typeof early, 'string')
  await promoteRelease(s.root, environment, early as string)
  s.ended.delete('github-102')
  const late = await s.turn(releaseOf('b', s.commit, 2), { request: 'github-102' })
  assert.equal(typeof late, 'string', 'its request was not closed by the other')
})

test('the job of a promoted release is run again: promoted, while it runs; superseded, once another has taken its place', async () => {
  await using s = await scene()
  const [a, b] = [releaseOf('a', s.commit), releaseOf('b', s.commit, 2)]
  const outcome = async (release: Release, request: string) => {
    const turn = await s.turn(release, { request })
    return typeof turn === 'object' && 'outcome' in turn ? [turn.outcome, turn.reason] : [turn]
  }
  await s.ask('github-101')
  await promoteRelease(s.root, environment, (await s.turn(a, { request: 'github-101' })) as string)
  assert.deepEqual((await outcome(a, 'github-101'))[0], 'promoted')
  await s.ask('github-102')
  await promoteRelease(s.root, environment, (await s.turn(b, { request: 'github-102' })) as string)
  const [again, why = ''] = await outcome(a, 'github-101')
  assert.equal(again, 'superseded')
  assert.match(String(why), /^promoted before: .*; ice-cream-sales v2 .* has taken its place since$/)
  assert.deepEqual((await outcome(b, 'github-102'))[0], 'promoted')
})

test('who carries on a release that others have decided meanwhile, leaves it at that', async () => {
  await using s = await scene()
  const [a, b] = [releaseOf('a', s.commit), releaseOf('b', s.commit, 2)]
  const left = (await s.turn(a)) as string
  await promoteRelease(s.root, environment, (await s.turn(b)) as string)
  const over = await s.turn(a, { carriesOn: left })
  assert.ok(typeof over === 'object' && 'outcome' in over)
  assert.equal(over.outcome, 'superseded')
  assert.match(over.reason, /^decided meanwhile: commit \w{12} on the branch releases$/)
  const kinds = (await history(s.root, environment)).map(({ kind }) => kind)
  assert.deepEqual(kinds.reverse(), ['release', 'release', 'promote'])
})
