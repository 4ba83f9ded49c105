// Who may roll out: the ledger as lock and queue, on real git.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import type { Asked } from '../../pipeline/release/asked.ts'
import { promoteRelease, revertRelease } from '../../pipeline/release/decided.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import type { Holder } from '../../pipeline/release/holder.ts'
import { lift } from '../../pipeline/release/lift.ts'
import { evidenceIn } from '../../pipeline/release/message.ts'
import { readRelease } from '../../pipeline/release/record.ts'
import type { Release } from '../../pipeline/release/release.ts'
import { requestRelease } from '../../pipeline/release/request.ts'
import { takeTurn } from '../../pipeline/release/turn.ts'
import { askedFor, identify, makeRepository, releaseOf } from './repository.ts'

const environment = 'production'
const since = '2026-11-21T02:00:00.000Z'
const evidence = { why: 'errors: 9 of 20 canary requests', lines: ['Evidence: 20 requests', '  errors  E = 130'] }

/** A repository, and others who release from clones of its origin; who is in `living` still works. */
async function scene({ origin = true } = {}) {
  const repository = await makeRepository({ origin })
  const { root, dir, commit } = repository
  const living = new Set<string>()
  const holder = (name: string): Holder => ({ name, alive: async (other) => living.has(other) })
  return {
    ...repository,
    living,
    async clone(name: string) {
      const path = join(dir, name)
      await git(dir, ['clone', '--quiet', join(dir, 'origin.git'), path])
      await identify(path)
      return path
    },
    async turn(name: string, release: Release, more: Partial<Asked> & { signal?: AbortSignal; lines?: string[] } = {}) {
      const { signal, lines = [], ...rest } = more
      const asked = await askedFor(root, environment, release, { holder: holder(name), ...rest })
      const waiting = { prepare: async () => {}, log: (line: string) => lines.push(line), pollMs: 20, signal }
      return takeTurn(asked, waiting)
    },
    ask: (id: string, of = commit) => requestRelease(root, environment, { commit: of, id, by: 'ada' }),
    kinds: async () => (await history(root, environment)).map(({ kind }) => kind).reverse(),
    runs: async () => (await readRelease(root, environment)).release?.model.digest.slice(7, 8),
  }
}

const commitOf = (turn: Awaited<ReturnType<typeof takeTurn>>) => {
  assert.equal(turn.kind, 'go')
  return turn.kind === 'go' ? turn.releaseCommit : ''
}

test('while a living holder rolls out, others wait and say for whom; then the next one goes', async () => {
  await using s = await scene()
  s.living.add('ann')
  const first = commitOf(await s.turn('ann', releaseOf('a', s.commit)))
  const lines: string[] = []
  const second = s.turn('bob', releaseOf('b', s.commit, 2), { root: await s.clone('bob'), lines })
  const until = Date.now() + 60_000
  while (lines.length === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.match(lines[0] ?? '', /^production: waiting for ann, who rolls out ice-cream-sales v1 \(sha256:a+\) since 20/)
  assert.deepEqual(await s.kinds(), ['release'])
  await promoteRelease(s.root, environment, first)
  commitOf(await second)
  assert.equal(lines.length, 1)
  assert.deepEqual(await s.kinds(), ['release', 'promote', 'release'])
  const [newest] = await history(s.root, environment)
  assert.deepEqual([newest?.holder, newest?.supersedes], ['bob', []])
})

test('a wait can be interrupted, and nothing was released', async () => {
  await using s = await scene()
  s.living.add('ann')
  await s.turn('ann', releaseOf('a', s.commit))
  const stopping = new AbortController()
  const waiting = s.turn('bob', releaseOf('b', s.commit, 2), { signal: stopping.signal })
  setTimeout(() => stopping.abort(), 100)
  await assert.rejects(
    waiting,
    (error) => error instanceof InputError && /interrupted while it waited for ann; nothing was/.test(error.message),
  )
  assert.deepEqual(await s.kinds(), ['release'])
})

test('of two who come at once, one goes and the other waits for it', async () => {
  await using s = await scene()
  for (const name of ['ann', 'bob']) s.living.add(name)
  const stopping = new AbortController()
  const turns = await Promise.allSettled(
    ['ann', 'bob'].map(async (name, index) => {
      const root = await s.clone(name)
      const release = releaseOf(index ? 'b' : 'a', s.commit, index + 1)
      const turn = await s.turn(name, release, { root, signal: stopping.signal })
      setTimeout(() => stopping.abort(), 500)
      return turn
    }),
  )
  assert.deepEqual(turns.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.deepEqual(await s.kinds(), ['release'])
})

test('what a dead holder left is carried on by the same release, and overtaken by another in its own commit', async () => {
  await using s = await scene()
  const release = releaseOf('a', s.commit)
  const first = commitOf(await s.turn('ann', release))
  assert.equal(commitOf(await s.turn('bob', release)), first)
  assert.equal(commitOf(await s.turn('bob', release)), first, 'asked again by the same, nothing is written')
  const [resumed] = await history(s.root, environment)
  assert.deepEqual([resumed?.kind, resumed?.resumes, resumed?.holder], ['resume', first, 'bob'])
  const second = commitOf(await s.turn('cat', releaseOf('b', s.commit, 2)))
  const [newest] = await history(s.root, environment)
  assert.deepEqual([newest?.commit, newest?.supersedes], [second, [first]])
  assert.deepEqual(await s.kinds(), ['release', 'resume', 'release'])
})

test('while who carried on lives, others wait for them, not for the dead', async () => {
  await using s = await scene()
  const release = releaseOf('a', s.commit)
  await s.turn('ann', release)
  s.living.add('bob')
  await s.turn('bob', release)
  const lines: string[] = []
  const signal = AbortSignal.timeout(300)
  await assert.rejects(s.turn('cat', release, { signal, lines }), /interrupted while it waited for bob/)
  assert.match(lines.join(), /waiting for bob/)
})

test('what was superseded cannot become current: neither its promotion nor its rollback is, but its hold is kept', async () => {
  await using s = await scene()
  const first = commitOf(await s.turn('ann', releaseOf('a', s.commit)))
  const second = commitOf(await s.turn('bob', releaseOf('b', s.commit, 2)))
  assert.equal(await promoteRelease(s.root, environment, first), second)
  const back = { back: null, evidence, since }
  assert.equal(await revertRelease(s.root, environment, first, { ...back, hold: false }), second)
  assert.deepEqual(await s.kinds(), ['release', 'release'])
  await revertRelease(s.root, environment, first, { ...back, hold: true })
  const { release, held } = await readRelease(s.root, environment)
  assert.deepEqual([release?.model.version, held[0]?.model], [2, releaseOf('a', s.commit).model.digest])
  await promoteRelease(s.root, environment, second)
  assert.equal(await s.runs(), 'b')
})

test('who was thought dead and comes back finds that another carried on: it records nothing', async () => {
  await using s = await scene()
  const release = releaseOf('a', s.commit)
  const first = commitOf(await s.turn('ann', release))
  await s.turn('bob', release)
  const [resumed] = await history(s.root, environment)
  assert.equal(await promoteRelease(s.root, environment, first, ['ann']), resumed?.commit)
  const taken = { back: null, hold: true, evidence, since, names: ['ann'] }
  assert.equal(await revertRelease(s.root, environment, first, taken), resumed?.commit)
  assert.deepEqual(await s.kinds(), ['release', 'resume'])
  await promoteRelease(s.root, environment, first, ['bob'])
  assert.deepEqual(await s.kinds(), ['release', 'resume', 'promote'])
})

test('a rollback names what was promoted last, also where another machine did that', async () => {
  await using s = await scene()
  for (const [letter, version] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    await promoteRelease(s.root, environment, commitOf(await s.turn('ann', releaseOf(letter, s.commit, version))))
  const third = commitOf(await s.turn('ann', releaseOf('c', s.commit, 3)))
  // What served on that machine was older.
  const old = releaseOf('a', s.commit, 1)
  await revertRelease(s.root, environment, third, { back: old, hold: true, evidence, since })
  assert.equal(await s.runs(), 'b')
})

test('the order of requests decides: the newest goes and overtakes the older ones in its own commit, once', async () => {
  await using s = await scene()
  const entries = [await s.ask('r1'), await s.ask('r2'), await s.ask('r3')]
  const second = await s.turn('ann', releaseOf('b', s.commit, 2), { request: 'r2' })
  assert.ok(second.kind === 'over')
  assert.deepEqual(
    [second.outcome, second.reason],
    ['superseded', `${s.commit.slice(0, 12)} was asked for after it (r3)`],
  )
  const again = await s.turn('dan', releaseOf('b', s.commit, 2), { request: 'r2' })
  assert.ok(again.kind === 'over' && again.entry === second.entry)
  const third = commitOf(await s.turn('ann', releaseOf('c', s.commit, 3), { request: 'r3' }))
  const all = await history(s.root, environment)
  assert.deepEqual(all.map(({ kind }) => kind).reverse(), ['request', 'request', 'request', 'supersede', 'release'])
  assert.deepEqual(all[0]?.supersedes, [entries[0]])
  assert.equal(all[0]?.request, 'r3')
  const first = await s.turn('bob', releaseOf('a', s.commit), { request: 'r1' })
  assert.ok(first.kind === 'over' && first.outcome === 'superseded' && first.entry === third)
  assert.equal((await history(s.root, environment)).length, 5)
})

test('a request that was being rolled out when its holder died, and a newer one came: it is superseded, and Git names what was promoted last', async () => {
  await using s = await scene()
  await promoteRelease(s.root, environment, commitOf(await s.turn('ann', releaseOf('a', s.commit))))
  await s.ask('r1')
  const open = commitOf(await s.turn('run:1', releaseOf('b', s.commit, 2), { request: 'r1' }))
  assert.equal(await s.runs(), 'b')
  await s.ask('r2')
  const rerun = await s.turn('run:2', releaseOf('b', s.commit, 2), { request: 'r1' })
  assert.ok(rerun.kind === 'over' && rerun.outcome === 'superseded')
  const [newest] = await history(s.root, environment)
  assert.deepEqual([newest?.commit, newest?.supersedes], [rerun.entry, [open]])
  assert.equal(await s.runs(), 'a')
  assert.match(await git(s.root, ['log', '-1', '--format=%B', rerun.entry]), /Serving: ice-cream-sales v1 /)
})

test('while another attempt at the same request rolls it out, a newer request does not overtake it under its hands', async () => {
  await using s = await scene()
  await s.ask('r1')
  s.living.add('run:1')
  await s.turn('run:1', releaseOf('a', s.commit), { request: 'r1' })
  await s.ask('r2')
  const signal = AbortSignal.timeout(200)
  await assert.rejects(s.turn('run:2', releaseOf('a', s.commit), { request: 'r1', signal }), /waited for run:1/)
  const other = await s
    .turn('run:3', releaseOf('a', s.commit), { request: 'r0', signal: AbortSignal.timeout(200) })
    .catch((error) => error.message)
  assert.match(String(other), /waited for run:1/)
})

test('a job that is run again finds what was recorded: promoted, rolled back with its evidence, nothing twice', async () => {
  await using s = await scene()
  await s.ask('r1')
  const first = commitOf(await s.turn('run:1', releaseOf('a', s.commit), { request: 'r1' }))
  await promoteRelease(s.root, environment, first)
  const again = await s.turn('run:2', releaseOf('a', s.commit), { request: 'r1' })
  assert.ok(again.kind === 'over' && again.outcome === 'promoted' && again.releaseCommit === first)

  await s.ask('r2')
  const bad = releaseOf('b', s.commit, 2)
  const second = commitOf(await s.turn('run:3', bad, { request: 'r2' }))
  const revert = await revertRelease(s.root, environment, second, { back: null, hold: true, evidence, since })
  const entries = (await s.kinds()).length
  const back = await s.turn('run:4', bad, { request: 'r2' })
  assert.ok(back.kind === 'over' && back.outcome === 'rolled back' && back.entry === revert)
  assert.deepEqual([back.reason, back.held?.model], [evidence.why, bad.model.digest])
  assert.deepEqual(evidenceIn(await git(s.root, ['log', '-1', '--format=%B', revert])), evidence)
  assert.equal((await s.kinds()).length, entries)
  await lift(s.root, environment, { digest: 'bbb', by: 'Ada', why: 'try again' })
  assert.notEqual(commitOf(await s.turn('run:5', bad, { request: 'r2' })), second)
})

test('a request for what is on hold is refused on the record, once, with the older ones; after a lift it goes', async () => {
  await using s = await scene()
  const bad = releaseOf('b', s.commit)
  const release = commitOf(await s.turn('ann', bad))
  await revertRelease(s.root, environment, release, { back: null, hold: true, evidence, since })
  const [older, mine] = [await s.ask('r1'), await s.ask('r2')]
  for (let i = 0; i < 2; i++)
    await assert.rejects(
      s.turn('run:1', bad, { request: 'r2' }),
      (error) =>
        error instanceof RefusedError && /on hold since 2026.*errors: 9 of 20.*npm run lift/s.test(error.message),
    )
  const [refusal, ...before] = await history(s.root, environment)
  assert.deepEqual([refusal?.kind, refusal?.refuses, refusal?.supersedes], ['refuse', mine, [older]])
  assert.equal(before[0]?.commit, mine)
  await lift(s.root, environment, { digest: 'bbb', by: 'Ada', why: 'a mistake' })
  commitOf(await s.turn('run:1', bad, { request: 'r2' }))
})

test('the same release asked for twice is recorded for each request', async () => {
  await using s = await scene()
  await s.ask('r1')
  const release = releaseOf('a', s.commit)
  const first = commitOf(await s.turn('run:1', release, { request: 'r1' }))
  await promoteRelease(s.root, environment, first)
  await s.ask('r2')
  const second = commitOf(await s.turn('run:2', release, { request: 'r2' }))
  assert.notEqual(second, first)
  await promoteRelease(s.root, environment, second)
  assert.deepEqual(await s.kinds(), ['request', 'release', 'promote', 'request', 'release', 'promote'])
})

test('by history: a commit that is contained in what was released is superseded, and that is recorded once', async () => {
  await using s = await scene()
  const other = await s.clone('other')
  await git(other, ['commit', '--quiet', '--allow-empty', '-m', 'newer'])
  await git(other, ['push', '--quiet', 'origin', 'main'])
  const newer = await git(other, ['rev-parse', 'HEAD'])
  const order = 'history'
  await promoteRelease(
    other,
    environment,
    commitOf(await s.turn('ann', releaseOf('b', newer, 2), { root: other, order })),
  )
  // This clone has never seen the newer commit.
  const old = await s.turn('bob', releaseOf('a', s.commit), { order })
  assert.ok(old.kind === 'over')
  assert.deepEqual(
    [old.outcome, old.reason],
    ['superseded', `production has gone on to ${newer.slice(0, 12)}, which contains it`],
  )
  const again = await s.turn('bob', releaseOf('a', s.commit), { order })
  assert.ok(again.kind === 'over' && again.entry === old.entry)
  const [newest] = await history(s.root, environment)
  assert.deepEqual([newest?.commit, newest?.kind, newest?.about], [old.entry, 'supersede', s.commit])
  assert.equal(await s.runs(), 'b')
  // The same commit with another model is no older one.
  commitOf(await s.turn('bob', releaseOf('c', newer, 3), { order }))
})

test('by history: a commit beside what was released is not superseded', async () => {
  await using s = await scene({ origin: false })
  await git(s.root, ['switch', '--quiet', '-c', 'side'])
  await git(s.root, ['commit', '--quiet', '--allow-empty', '-m', 'side'])
  const side = await git(s.root, ['rev-parse', 'HEAD'])
  await git(s.root, ['switch', '--quiet', 'main'])
  await git(s.root, ['commit', '--quiet', '--allow-empty', '-m', 'main'])
  const main = await git(s.root, ['rev-parse', 'HEAD'])
  commitOf(await s.turn('ann', releaseOf('a', main), { order: 'history' }))
  commitOf(await s.turn('ann', releaseOf('b', side, 2), { order: 'history' }))
})
