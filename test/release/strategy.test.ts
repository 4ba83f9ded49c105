import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnvironment } from '../../pipeline/release/environment.ts'
import { planRollout } from '../../pipeline/release/plan.ts'
import { wayOf } from '../../pipeline/release/strategy.ts'
import { createVerdict } from '../../pipeline/release/verdict.ts'
import { policy, source } from './traffic.ts'

const base = readFileSync(join(import.meta.dirname, '..', '..', 'environments/base/environment.yaml'), 'utf8')
const environment = (own: string) => parseEnvironment('production', base, own)
const shadow = 'shadow: { share_percent: 20, difference: 3 }'

test('each strategy is its own way over the same parts', () => {
  const way = (own: string) => wayOf(environment(own), true, 0)
  assert.deepEqual(way('{}').policy?.steps, [0.1, 0.5])
  assert.deepEqual(way('canary: { steps: [] }'), { policy: null })
  const shadowed = way(shadow)
  assert.deepEqual(shadowed.mirror, { share: 0.2, tolerance: 3 })
  assert.deepEqual([shadowed.policy?.shadow, shadowed.policy?.steps], [{ tolerated: 0.01 }, [0.1, 0.5]])
  assert.deepEqual(way('strategy: blue-green'), { policy: null, keepMs: 3_600_000 })
  assert.deepEqual(way(`strategy: blue-green\n${shadow}`).policy?.steps, [])
  assert.deepEqual(way('strategy: recreate'), { policy: null, recreates: true })
  assert.equal(way('strategy: rolling').policy?.pauseMs, 60_000)
  const tested = way('{ strategy: a/b, host: { sticky_header: x-client } }')
  assert.deepEqual(
    [tested.stickyHeader, tested.policy?.steps, tested.policy?.endless, tested.policy?.pauseMs],
    ['x-client', [0.5], true, undefined],
  )
  // The first release has nothing to be compared with.
  assert.deepEqual(wayOf(environment(shadow), false, 0), { policy: null })
})

test('what a strategy needs and does not have is one error, with file and cure', () => {
  assert.throws(() => environment('strategy: a/b'), /environments\/production.*a\/b test needs host\.sticky_header/)
  assert.throws(
    () => environment('{ strategy: rolling, canary: { steps: [] } }'),
    /strategy rolling needs canary\.steps/,
  )
  assert.throws(() => environment('strategy: bluegreen'), /strategy/)
  assert.throws(() => environment('shadow: { tolerated_percent: 10 }'), /tolerated_percent/)
})

/** A judge of healthy traffic, `ms` between two requests. */
function judged(more: object, requests: number, ms: number, canary = {}) {
  const judge = createVerdict({ ...policy, ...more })
  const next = source(3)
  for (let n = 1; n <= requests; n++) {
    const { weight } = judge.read(0)
    judge.observe({ ...next({ stable: {}, canary }, weight), n, at: n * ms })
  }
  return judge.read(requests * ms)
}

test('rolling: a step is passed once it stood for its time and had its requests, and not on time alone', () => {
  const early = judged({ pauseMs: 600_000 }, 5000, 100)
  assert.deepEqual([early.verdict, early.step, early.reason], ['hold', 0, 'this step has not stood for 10 minutes yet'])
  const passed = judged({ pauseMs: 60_000 }, 5000, 100)
  assert.equal(passed.verdict, 'promote', passed.reason)
  assert.match(judged({ pauseMs: 1 }, 500, 100).reason, /of 100 canary requests in this step/)
  // A clock that jumps by a day counts as a minute.
  assert.equal(judged({ pauseMs: 600_000_000 }, 2000, 86_400_000).step, 0)
  assert.equal(judged({ pauseMs: 60_000 }, 5000, 100, { errors: 0.5 }).verdict, 'roll back')
})

test('a/b: nothing ends it, whatever is seen; the tests tell what they found', () => {
  const seen = judged({ steps: [0.5], endless: true, deadlineMs: 1000 }, 2000, 100, { errors: 0.5 })
  assert.deepEqual([seen.verdict, seen.weight, seen.expired], ['hold', 0.5, false])
  assert.ok(seen.evidence.combined >= 1)
  assert.match(seen.reason, /nobody but a person ends/)
})

test('the plan tells of each strategy what will happen', () => {
  const rate = { perMinute: 600, bad: 0.001 }
  const plan = (own: string) => planRollout(environment(own), rate, false)
  const shadowed = plan(shadow)
  assert.ok(shadowed.shadow && shadowed.shadow.pairs >= 100)
  assert.equal(shadowed.shadow?.minutes, (shadowed.shadow?.pairs ?? 0) / 120)
  assert.match(plan('strategy: blue-green').strategy[0] ?? '', /all requests at once; .* started for 60 minutes/)
  assert.match(plan('strategy: recreate').strategy[0] ?? '', /nobody is answered until/)
  assert.deepEqual(
    plan('strategy: rolling').steps.map(({ minutes }) => minutes),
    [100 / 60, 1],
  )
  assert.match(plan('{ strategy: a/b, host: { sticky_header: x-client } }').strategy[0] ?? '', /50 % of the clients/)
  assert.equal(planRollout(environment(shadow), rate, true).shadow, null)
})
