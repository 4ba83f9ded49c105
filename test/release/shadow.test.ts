// Pairs of a shadow: what stable answered beside what the canary answered to a copy.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../pipeline/random.ts'
import { createVerdict, judge, type Verdict, type VerdictPolicy } from '../../pipeline/release/verdict.ts'
import { most, repetitions } from '../repetitions.ts'
import { policy as plain, source } from './traffic.ts'

const policy: VerdictPolicy = { ...plain, shadow: { tolerated: 0.01 } }

/** Pairs until the verdict is no longer hold or the shadow is over, at most `limit`; `runs` of that many pairs disagree together. */
function shadowOf(seed: number, rate: number, { limit = 5000, runs = 1, given = policy } = {}): Verdict {
  const next = random(seed)
  const { observe, read } = createVerdict(given)
  let left = 0
  for (let n = 1; n <= limit; n++) {
    if (left === 0 && next() < rate / runs) left = runs
    observe({ n, at: n, disagrees: left > 0 ? 1 : 0 })
    left = Math.max(0, left - 1)
    const now = read(0)
    if (now.verdict !== 'hold' || !now.shadow) return now
  }
  return read(0)
}

test('a canary that agrees leaves the shadow for the first weight, after the declared pairs and not before', () => {
  const early = shadowOf(1, 0, { limit: policy.minRequests - 1 })
  assert.deepEqual(
    [early.verdict, early.shadow, early.weight, early.reason],
    ['hold', true, 0, '99 of 100 pairs in the shadow'],
  )
  const passed = shadowOf(1, 0)
  assert.deepEqual([passed.verdict, passed.shadow, passed.step, passed.weight], ['hold', false, 0, 0.1])
  assert.equal(passed.evidence.pairs.seen, policy.minRequests)
  assert.equal(passed.evidence.inStep.canary, 0)
})

test('one that disagrees is rolled back within 200 pairs at 10 %, and never had a request', (t) => {
  const rollouts = repetitions(300)
  const pairs = Array.from({ length: rollouts }, (_, seed) => {
    const { verdict, evidence, weight, reason } = shadowOf(seed, 0.1, {
      given: { ...policy, minRequests: Number.MAX_SAFE_INTEGER },
    })
    assert.deepEqual([verdict, weight], ['roll back', 0])
    assert.match(reason, /^shadow: \d+ of \d+ copies were answered otherwise than stable answered/)
    return evidence.pairs.seen
  }).sort((a, b) => a - b)
  const needed = pairs[Math.ceil(0.95 * rollouts) - 1] as number
  t.diagnostic(`${needed} pairs`)
  assert.ok(needed <= 200, `${needed}`)
})

for (const runs of [1, 3])
  test(`one that disagrees as often as the gate saw, in runs of ${runs}, is left alone`, (t) => {
    const rollouts = repetitions(400)
    const given = { ...policy, minRequests: Number.MAX_SAFE_INTEGER }
    let back = 0
    for (let seed = 0; seed < rollouts; seed++)
      if (shadowOf(seed, 0.01, { limit: 2000, runs, given }).verdict === 'roll back') back += 1
    t.diagnostic(`${back} of ${rollouts}`)
    // Shadow spends a tenth of α.
    assert.ok(back <= most(0.001, rollouts), `${back} of ${rollouts}`)
  })

test('pairs are no requests: after the shadow the step needs its own, and a broken pair holds', () => {
  const pairs = Array.from({ length: 200 }, (_, index) => ({ n: index + 1, at: index, disagrees: 0 }))
  const request = source(3)
  const drawn = Array.from({ length: 4000 }, (_, index) => ({
    ...request({ stable: {}, canary: {} }, 0.1),
    n: 201 + index,
  }))
  const after = judge([...pairs, ...drawn.slice(0, 500)], policy, 0)
  assert.deepEqual([after.verdict, after.step, after.weight], ['hold', 0, 0.1])
  assert.equal(judge([...pairs, ...drawn], policy, 0).step, 1)
  for (const [broken, why] of [
    [{ n: 5, at: 5, disagrees: null }, /disagrees is null/],
    [{ n: 5, at: 5, disagrees: 2 }, /disagrees is 2/],
    [{ n: 5, at: -1, disagrees: 0 }, /stale/],
  ] as const) {
    const { verdict, shadow, reason } = judge((pairs as unknown[]).with(4, broken), policy, 0)
    assert.deepEqual([verdict, shadow], ['hold', true])
    assert.match(reason, why)
  }
})

test('no pair at all is hold, and at the deadline nothing is copied any more', () => {
  const at = (now: number) => judge([], { ...policy, deadlineMs: 1000, atDeadline: 'hold' }, now)
  assert.deepEqual([at(0).reason, at(0).shadow, at(0).weight], ['no traffic in the shadow', true, 0])
  assert.deepEqual([at(1000).verdict, at(1000).shadow, at(1000).expired], ['hold', false, true])
})
