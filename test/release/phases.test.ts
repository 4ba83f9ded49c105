// The rollout's phases on a target in memory, killed before and after each thing they change.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeLife, newClock } from '../../bench/instants/life.ts'
import { makeWorld, targetOf } from '../../bench/instants/world.ts'
import { rolloutOf } from '../../pipeline/release/begin.ts'
import { loadEnvironment } from '../../pipeline/release/environment.ts'
import { type Member, openJournal, type Rollout } from '../../pipeline/release/journal.ts'
import { advance } from '../../pipeline/release/rollout.ts'
import { releaseOf } from './repository.ts'
import { policy, source, type Traffic } from './traffic.ts'

const commit = 'c'.repeat(40)
const old: Member = { id: 'old', port: 999, release: releaseOf('a', commit, 1), releaseCommit: 'd'.repeat(40) }
const rollout: Rollout = {
  id: 'trial',
  phase: 'starting',
  release: releaseOf('b', commit, 2),
  releaseCommit: 'e'.repeat(40),
  policy: { ...policy, deadlineMs: 60_000 },
  seed: 1,
  timeoutMs: 1000,
  canaryRequests: 0,
}

/** Runs the rollout, killed at its `at`-th change and then run again until it ends. Returns how many changes there were. */
async function run(traffic: Traffic, at: number, expected: 'promoted' | 'rolled back', started: Rollout = rollout) {
  const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
  const clock = newClock(at > 0 ? [at] : [])
  const world = makeWorld([old])
  const request = source(11)
  const targetFor = (step?: (what: string) => Promise<void>) =>
    targetOf(world, (weight) => request(traffic, weight), step)
  if (started.release.model.version === 8) world.gone.add(started.release.model.digest)
  if (started.release.model.version === 9) world.broken.add(started.release.model.digest)
  try {
    const first = await openJournal(state)
    const canary = { ...old, id: 'canary', release: started.release, releaseCommit: started.releaseCommit }
    await first.write({ stable: old, rollout: started, canary: started.phase === 'promoting' ? canary : null })
    let end: string | undefined
    for (let attempt = 1; attempt <= 2 && !end; attempt++) {
      const journal = await openJournal(state)
      const life = makeLife(clock)
      const target = targetFor(life.step)
      const ended = await life.run(async () => {
        await target.sweep([journal.now.stable, journal.now.canary].filter((member) => member !== null))
        if (journal.now.rollout) return advance({ environment: 'production', target, journal, log: () => {} })
        return undefined
      })
      end = ended?.outcome
    }
    const target = targetFor()
    const { now } = await openJournal(state)
    await target.sweep([now.stable, now.canary].filter((member) => member !== null))
    assert.ok(end === undefined || end === expected, `${end} after a kill at change ${at}`)
    const serves = expected === 'promoted' ? started.release : old.release
    assert.deepEqual(now.stable?.release, serves)
    assert.deepEqual(world.routes?.stable?.release, serves)
    assert.deepEqual([world.routes?.canary, world.routes?.weight, now.rollout, now.canary], [null, 0, null, null])
    assert.deepEqual([...world.running.keys()], [now.stable?.id])
    assert.deepEqual(now.pendingPromotions, expected === 'promoted' ? [started.releaseCommit] : [])
    assert.equal(now.pendingReverts.length, expected === 'promoted' ? 0 : 1)
    return clock.seen.length
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

const cases: { [what: string]: [traffic: Traffic, expected: 'promoted' | 'rolled back', started?: Rollout] } = {
  'a promotion': [{ stable: {}, canary: {} }, 'promoted'],
  'a rollback by verdict': [{ stable: {}, canary: { errors: 1 } }, 'rolled back'],
  'a rollback by smoke test': [
    { stable: {}, canary: {} },
    'rolled back',
    { ...rollout, release: releaseOf('f', commit, 9) },
  ],
  'a promotion whose canary does not start again': [
    { stable: {}, canary: {} },
    'rolled back',
    { ...rollout, phase: 'promoting', release: releaseOf('f', commit, 8) },
  ],
  'a switch without a canary': [{ stable: {}, canary: {} }, 'promoted', { ...rollout, policy: null }],
  'a server that is ended before the next one is started': [
    { stable: {}, canary: {} },
    'promoted',
    { ...rollout, policy: null, recreates: true },
  ],
  'the same, and the next one is no good': [
    { stable: {}, canary: {} },
    'rolled back',
    { ...rollout, policy: null, recreates: true, release: releaseOf('f', commit, 9) },
  ],
}
for (const [what, [traffic, expected, started]] of Object.entries(cases))
  test(`${what}, killed at any change, ends the same`, async (t) => {
    const changes = await run(traffic, 0, expected, started)
    for (let at = 1; at <= changes; at++) await run(traffic, at, expected, started)
    t.diagnostic(`${changes} changes`)
  })

test('the seed of the draws comes from nothing that is public, and is kept for whoever carries on', async () => {
  const environment = await loadEnvironment(join(import.meta.dirname, '..', '..'), 'production')
  const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
  try {
    const journal = await openJournal(state)
    const seeds = Array.from({ length: 5 }, () => rolloutOf(environment, rollout.release, commit, journal).seed)
    assert.equal(new Set(seeds).size, 5)
    await journal.write({ rollout: { ...rollout, seed: seeds[0] as number } })
    assert.equal((await openJournal(state)).now.rollout?.seed, seeds[0])
  } finally {
    await rm(state, { recursive: true, force: true })
  }
})

for (const [again, expected, why] of [
  [true, 'promoted', /^every step passed/],
  [false, 'rolled back', /^ended before it had a request, and does not start again: its disk is gone$/],
] as const)
  test(`a canary that ended before its first request is started again: ${expected}`, async () => {
    const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
    try {
      const world = makeWorld([old])
      const request = source(11)
      const target = targetOf(world, (weight) => request({ stable: {}, canary: {} }, weight))
      let ended = 0
      const ending: typeof target = {
        ...target,
        async route(routes) {
          await target.route(routes)
          if (ended > 0 || !routes.canary || routes.weight === 0) return
          ended += 1
          world.running.delete(routes.canary.id)
          if (!again) world.gone.add(routes.canary.release.model.digest)
        },
        // As the gateway does: nothing is drawn for a canary that was never ready.
        events(id) {
          const events = target.events(id)
          return { ...events, read: async () => (world.running.size > 1 ? events.read() : []) }
        },
      }
      const journal = await openJournal(state)
      await journal.write({ stable: old, rollout })
      const end = await advance({ environment: 'production', target: ending, journal, log: () => {} })
      assert.deepEqual([end.outcome, ended], [expected, 1])
      assert.match(end.reason, why)
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })

const gone = 'no place has its bundle'
const undoes = { releases: [], by: 'Ada', why: 'customers call', hold: true, since: '2026-01-01T00:00:00.000Z' }
for (const [what, version, started, reason, served] of [
  [
    'one for whom room was made is no good, and what served before cannot be started any more',
    1,
    { policy: null, recreates: true, release: releaseOf('f', commit, 9) },
    /^smoke test: golden record 1 is wrong; nobody is answered: .* v1 .*, does not start again \(no place has its bundle\); deploy another release/,
    false,
  ],
  [
    'one for whom room was made cannot be started any more',
    2,
    { policy: null, recreates: true },
    /^no place has its bundle$/,
    true,
  ],
  [
    'what passed cannot be started any more',
    2,
    { phase: 'promoting' },
    /^passed its trial, but does not start again: no place has its bundle$/,
    true,
  ],
  ['what is gone back to cannot be started any more', 2, { policy: null, undoes }, /^no place has its bundle$/, true],
] as const)
  test(`${what}: an end with that reason, and no error that comes again at each command`, async () => {
    const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
    try {
      const world = makeWorld(version === 1 ? [old] : [])
      if (version === 1) world.broken.add(releaseOf('f', commit, 9).model.digest)
      const target = targetOf(world, () => assert.fail('nobody asks'))
      const losing: typeof target = {
        ...target,
        async start(member) {
          if (member.release.model.version === version && !world.running.has(member.id)) throw new Error(gone)
          return target.start(member)
        },
      }
      const journal = await openJournal(state)
      const canary = { ...old, id: 'canary', release: rollout.release, releaseCommit: rollout.releaseCommit }
      const begun: Rollout = { ...rollout, ...started }
      await journal.write({ stable: old, rollout: begun, canary: begun.phase === 'promoting' ? canary : null })
      const end = await advance({ environment: 'production', target: losing, journal, log: () => {} })
      assert.equal(end.outcome, 'rolled back')
      assert.match(end.reason, reason)
      assert.deepEqual([end.unserved, world.routes?.stable?.id], served ? [undefined, 'old'] : [true, undefined])
      // Only what was tried and found no good is barred.
      const [reverted] = journal.now.pendingReverts
      if (!begun.undoes) assert.equal(reverted?.hold, version === 1)
      const { rollout: left, canary: on, stable, pendingReverts } = journal.now
      assert.deepEqual([left, on, stable], [null, null, old])
      assert.deepEqual(
        pendingReverts.map((revert) => [revert.evidence.why, revert.unserved]),
        begun.undoes ? [] : [[end.reason, end.unserved]],
      )
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })

test('where servers cannot be asked after at all, nothing is said against what passed: the next command carries on', async () => {
  const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
  try {
    const down = async () => Promise.reject(new Error('the docker daemon does not answer'))
    const target = { ...targetOf(makeWorld([old]), () => assert.fail('nobody asks')), start: down, observe: down }
    const journal = await openJournal(state)
    const canary = { ...old, id: 'canary', release: rollout.release, releaseCommit: rollout.releaseCommit }
    await journal.write({ stable: old, rollout: { ...rollout, phase: 'promoting' }, canary })
    await assert.rejects(advance({ environment: 'production', target, journal, log: () => {} }), /docker daemon/)
    assert.equal(journal.now.rollout?.phase, 'promoting')
  } finally {
    await rm(state, { recursive: true, force: true })
  }
})
