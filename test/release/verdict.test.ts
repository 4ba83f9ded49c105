import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOf, type RolloutEvent } from '../../pipeline/release/event.ts'
import { judge } from '../../pipeline/release/verdict.ts'
import { policy, rollOut, source } from './traffic.ts'

const healthy = { stable: {}, canary: {} }

test('a healthy rollout passes its steps and is promoted, and says what it saw', () => {
  const { verdict, reason, evidence, step } = rollOut(1, () => healthy)
  assert.equal(verdict, 'promote')
  assert.equal(step, 2)
  assert.match(reason, /more than 5 % extra bad requests are ruled out/)
  assert.ok(evidence.inStep.canary >= policy.minRequests)
  assert.ok(evidence.combined < 1)
})

test('replayed from its log, a verdict is the same byte for byte', () => {
  for (const canary of [{}, { errors: 1 }, { shift: 1 }]) {
    const { events, ...live } = rollOut(2, () => ({ stable: {}, canary }))
    const log = events.map((event) => JSON.stringify(event)).join('\n')
    const replay = () =>
      JSON.stringify(
        judge(
          log.split('\n').map((line) => JSON.parse(line)),
          policy,
          0,
        ),
      )
    assert.equal(replay(), JSON.stringify(live))
  }
})

const faults: { [what: string]: [canary: object, reason: RegExp] } = {
  'a canary that fails': [{ errors: 1 }, /^errors: \d+ of \d+ canary requests, \d+ of \d+ stable requests$/],
  'a slow canary': [{ slow: 0.5 }, /^slower than 250 ms: /],
  'a canary whose predictions moved': [{ shift: 1 }, /^predictions shifted: /],
  'a canary out of range': [{ outOfRange: 0.3 }, /^predictions out of the model's reference range: /],
}
for (const [what, [canary, reason]] of Object.entries(faults))
  test(`${what} is rolled back, and the reason names it`, () => {
    const found = rollOut(3, () => ({ stable: {}, canary }))
    assert.equal(found.verdict, 'roll back')
    assert.equal(found.weight, 0)
    assert.match(found.reason, reason)
  })

test('an incident that hits both arms blames nobody', () => {
  const incident = { errors: 0.6, slow: 0.8 }
  const { verdict } = rollOut(
    4,
    (n) => (n > 100 && n < 600 ? { stable: incident, canary: incident } : healthy),
    {},
    3000,
  )
  assert.notEqual(verdict, 'roll back')
})

test('no traffic is hold, and at the deadline what the policy says, never promote', () => {
  const at = (now: number, atDeadline: 'hold' | 'roll back') =>
    judge([], { ...policy, deadlineMs: 1000, atDeadline }, now)
  assert.deepEqual(
    [at(999, 'hold').verdict, at(999, 'hold').reason, at(999, 'hold').weight],
    ['hold', 'no traffic in this step', 0.1],
  )
  const held = at(1000, 'hold')
  assert.deepEqual([held.verdict, held.expired, held.weight], ['hold', true, 0])
  assert.equal(at(1000, 'roll back').verdict, 'roll back')
  assert.equal(at(Number.NaN, 'roll back').verdict, 'roll back')
  assert.match(at(1000, 'hold').reason, /the deadline passed without the evidence to promote: no traffic/)
})

const good = source(6)(healthy, 0.1)
const broken: { [what: string]: [event: unknown, reason: RegExp] } = {
  'a latency that is missing': [{ ...good, ms: null }, /ms is null/],
  'a latency that is NaN': [{ ...good, ms: Number.NaN }, /ms is NaN/],
  'a negative latency': [{ ...good, ms: -1 }, /ms is -1/],
  'a weight that is missing': [{ ...good, weight: undefined }, /weight is undefined/],
  'a weight out of range': [{ ...good, weight: 1 }, /weight is 1/],
  'an answer without its bin': [{ ...good, status: 200, bin: null }, /bin is missing/],
  'a bin that is none': [{ ...good, bin: 20 }, /bin is 20/],
  'an event from before the rollout': [{ ...good, at: -5 }, /stale: from 5 ms before/],
  'a canary request at weight 0': [{ ...good, arm: 'canary', weight: 0 }, /at weight 0/],
  'half an event': ['{"n":', /not an object/],
  nothing: [null, /not an object/],
}
for (const [what, [event, reason]] of Object.entries(broken))
  test(`${what}: hold with the reason, however good the rest is`, () => {
    const { events } = rollOut(6, () => healthy)
    const { verdict, reason: said } = judge(events.with(0, event as RolloutEvent), policy, 0)
    assert.equal(verdict, 'hold')
    assert.match(said, /^1 event cannot be used \(/)
    assert.match(said, reason)
  })

test('events that are missing or come twice: hold with the reason', () => {
  const { events } = rollOut(6, () => healthy)
  assert.match(
    judge(events.toSpliced(40, 2), policy, 0).reason,
    /^1 event cannot be used \(event 43 after event 40: 2 missing\)/,
  )
  assert.match(
    judge(events.toSpliced(40, 0, events[39] as RolloutEvent), policy, 0).reason,
    /event 40 after event 40: seen before/,
  )
})

test('a broken meter does not hide a canary that fails', () => {
  const { events } = rollOut(7, () => ({ stable: {}, canary: { errors: 1 } }))
  assert.equal(judge((events as unknown[]).with(0, null), policy, 0).verdict, 'roll back')
})

for (const given of [{}, { pauseMs: 1000 }])
  test(`what clients do wrong on both arms is held against nobody, and is no evidence that all is well${given.pauseMs ? ', however long it goes on' : ''}`, () => {
    const request = source(8)
    const refused = Array.from(
      { length: 100_000 },
      (): RolloutEvent => ({ ...request(healthy, 0.1), status: 401, bin: null, out: 0 }),
    )
    const { verdict, evidence } = judge(refused, { ...policy, ...given }, 0)
    assert.equal(verdict, 'hold')
    assert.ok(evidence.bad.refused.canary > 0 && evidence.bad.refused.stable > 0)
    assert.ok(evidence.combined < 1)
    assert.deepEqual(evidence.inStep, { stable: 0, canary: 0, promotion: 1 })
  })

test('strangers who are refused do not hold up a release that is good', () => {
  const refused = { refused: 0.5 }
  const calm = rollOut(8, () => healthy)
  const busy = rollOut(8, () => ({ stable: refused, canary: refused }))
  assert.deepEqual([calm.verdict, busy.verdict], ['promote', 'promote'])
  assert.ok(
    busy.events.length < 3 * calm.events.length,
    `${busy.events.length} requests, ${calm.events.length} in calm`,
  )
})

test('a release that refuses a third of what the other answers is rolled back, and the reason says so', () => {
  const { verdict, reason } = rollOut(8, () => ({ stable: {}, canary: { refused: 0.3 } }))
  assert.equal(verdict, 'roll back')
  assert.match(reason, /^refused with 4xx: \d+ of \d+ canary requests, 0 of \d+ stable requests$/)
})

for (const errors of [0.2, 0.8, 1])
  for (const constant of [true, false])
    test(`where stable alone fails ${errors * 100} %, a canary is not blamed for what stable does not predict${constant ? ', all in one bin' : ''}`, () => {
      const predicts = constant ? ({ constant } as const) : {}
      for (let seed = 1; seed <= 20; seed++) {
        // Healthy at first: then stable's predictions are known.
        const { verdict, reason } = rollOut(
          seed,
          (n) => ({ stable: n <= 60 ? predicts : { ...predicts, errors }, canary: predicts }),
          { steps: [0.5], minRequests: Number.MAX_SAFE_INTEGER },
          6000,
        )
        assert.equal(verdict, 'hold', reason)
      }
    })

test('where stable alone fails a fifth of its requests, a canary that predicts otherwise is still found', () => {
  const { verdict, reason } = rollOut(10, () => ({ stable: { errors: 0.2 }, canary: { shift: 1 } }))
  assert.equal(verdict, 'roll back')
  assert.match(reason, /^predictions shifted: /)
})

test('a step needs its own canary requests: what the step before saw does not count', () => {
  const request = source(9)
  const first = Array.from({ length: 5000 }, () => request(healthy, 0.1))
  const { step, verdict, evidence } = judge(first, policy, 0)
  assert.deepEqual([step, verdict, evidence.inStep.canary], [1, 'hold', 0])
})

test('a record that the model answered with no finite number is the model’s, whatever the status', () => {
  const event: RolloutEvent = { n: 1, at: 0, arm: 'canary', weight: 0.5, status: 422, ms: 1, bin: null, out: 1 }
  const fine = { errors: false, slow: false, outOfRange: false, refused: false, bad: true }
  assert.deepEqual(outcomeOf(event, 100), { ...fine, outOfRange: true })
  assert.deepEqual(outcomeOf({ ...event, out: 0, ms: 500 }, 100), { ...fine, refused: true, bad: false })
  assert.deepEqual(outcomeOf({ ...event, out: 0, status: 429 }, 100), { ...fine, errors: true })
})
