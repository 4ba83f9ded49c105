// The rollout's phases on a target in memory, killed before and after each thing they change.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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
class Killed extends Error {}

/** Runs the rollout, killed at its `at`-th change and then run again until it ends. Returns how many changes there were. */
async function run(traffic: Traffic, at: number, expected: 'promoted' | 'rolled back', started: Rollout = rollout) {
  const state = await mkdtemp(join(tmpdir(), 'mergeline-phases-'))
  let changes = 0
  const step = async () => {
    changes += 1
    if (changes === at) throw new Killed()
  }
  const world = makeWorld([old])
  const request = source(11)
  const target = targetOf(world, (weight) => request(traffic, weight), step)
  if (started.release.model.version === 8) world.gone.add(started.release.model.digest)
  if (started.release.model.version === 9) world.broken.add(started.release.model.digest)
  try {
    const first = await openJournal(state)
    const canary = { ...old, id: 'canary', release: started.release, releaseCommit: started.releaseCommit }
    await first.write({ stable: old, rollout: started, canary: started.phase === 'promoting' ? canary : null })
    let end: string | undefined
    for (let attempt = 1; attempt <= 2 && !end; attempt++) {
      const journal = await openJournal(state)
      const watched = {
        get now() {
          return journal.now
        },
        async write(change: Parameters<typeof journal.write>[0]) {
          await step()
          await journal.write(change)
          await step()
        },
      }
      await target.sweep([journal.now.stable, journal.now.canary].filter((member) => member !== null))
      if (!journal.now.rollout) break
      try {
        end = (await advance({ environment: 'production', target, journal: watched, log: () => {} })).outcome
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
    }
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
    return changes
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
