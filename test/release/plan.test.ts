// What a rollout is said to need is what it needs.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadEnvironment } from '../../pipeline/release/environment.ts'
import { requestsToFind, requestsToPass } from '../../pipeline/release/forecast.ts'
import { planRollout } from '../../pipeline/release/plan.ts'
import { canaryRequestsToFind, rollOut } from './traffic.ts'

const environment = await loadEnvironment(join(import.meta.dirname, '..', '..'), 'production')

test('a step is said to take what a healthy canary takes: the judge itself agrees', () => {
  const said = requestsToPass({ tolerance: 0.05, minRequests: 1 }, 0.1, 0.001)
  const needed = Array.from({ length: 200 }, (_, seed) => {
    const traffic = { stable: { errors: 0.001, slow: 0 }, canary: { errors: 0.001, slow: 0 } }
    return rollOut(seed + 1, () => traffic, { steps: [0.1], minRequests: 1 }, 10_000).evidence.inStep.canary
  }).sort((a, b) => a - b)[189] as number
  assert.ok(Math.abs(said - needed) < 0.3 * needed, `${said} said, ${needed} needed`)
  assert.equal(requestsToPass({ tolerance: 0.05, minRequests: 700 }, 0.1, 0.001), 700)
  assert.ok(requestsToPass({ tolerance: 0.01, minRequests: 1 }, 0.1, 0.01) > 10 * said)
})

test('a fault is said to be found when it is: the judge itself agrees', () => {
  const said = requestsToFind(0.0033, 0.1, 0.05, 0.001)
  const needed = canaryRequestsToFind({ stable: {}, canary: { errors: 0.05 } }, 0.1, 150, 12_000)
  assert.ok(Math.abs(said - needed) < 0.3 * needed, `${said} said, ${needed} needed`)
  assert.ok(requestsToFind(0.0033, 0.1, 1, 0.001) <= 8)
})

test('the plan says time at today’s rate, and warns of what will not come off', () => {
  const calm = planRollout(environment, { perMinute: 600, bad: 0.001 }, false)
  assert.deepEqual(
    calm.steps.map(({ weight }) => weight),
    [0.1, 0.5],
  )
  const [first] = calm.steps
  assert.ok(Math.abs((first?.minutes ?? 0) - (first?.requests ?? 0) / 60) < 1e-9)
  assert.deepEqual(calm.warnings, [])
  assert.equal(calm.detects.length, 3)
  assert.match(
    planRollout(environment, { perMinute: 1, bad: 0.001 }, false).warnings[0] ?? '',
    /take \d+ minutes, and the deadline is 30: then it is held/,
  )
  assert.match(planRollout(environment, null, false).warnings[0] ?? '', /nobody asked in the last 24 hours/)
  assert.equal(planRollout(environment, null, false).steps[0]?.minutes, null)
  const nothing = planRollout(environment, null, true)
  assert.deepEqual([nothing.steps, nothing.detects, nothing.warnings], [[], [], []])
})
