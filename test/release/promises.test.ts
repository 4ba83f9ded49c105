// Quick, seeded versions of the verdict's promises; `MERGELINE_REPETITIONS=2000` makes the figures that are cited.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { most, repetitions } from '../repetitions.ts'
import { canaryRequestsToFind, rollOut, type Traffic } from './traffic.ts'

const healthy: Traffic = { stable: {}, canary: {} }

const incident: Traffic = {
  stable: { errors: 0.3, slow: 0.4, shift: 0.5, outOfRange: 0.1 },
  canary: { errors: 0.3, slow: 0.4, shift: 0.5, outOfRange: 0.1 },
}
// An incident that comes back hides how good both arms are: few rollouts are done within 6,000 requests.
for (const { what, trafficAt, leastPromoted } of [
  { what: 'in calm traffic', trafficAt: () => healthy, leastPromoted: 0.93 },
  {
    what: 'with an incident on both arms',
    trafficAt: (n: number) => (n % 700 > 600 ? incident : healthy),
    leastPromoted: 0.04,
  },
])
  test(`whole rollouts of a canary that is no worse, ${what}: at most 1 % rolled back`, (t) => {
    let back = 0
    let promoted = 0
    const rollouts = repetitions(400)
    for (let seed = 1; seed <= rollouts; seed++) {
      const { verdict } = rollOut(seed, trafficAt, { steps: [0.05, 0.25, 0.5], minRequests: 200 }, 6000)
      if (verdict === 'roll back') back += 1
      if (verdict === 'promote') promoted += 1
    }
    t.diagnostic(`A/A: ${back} of ${rollouts} rolled back, ${promoted} promoted`)
    assert.ok(back <= most(0.01, rollouts), `${back} of ${rollouts} rolled back`)
    assert.ok(promoted >= leastPromoted * rollouts, `${promoted} of ${rollouts} promoted`)
  })

// Bounds on the 95th percentile of the canary requests needed, with room for 200 repetitions instead of thousands.
const found: { [fault: string]: [fault: Traffic, bound: number] } = {
  'total failure': [{ stable: {}, canary: { errors: 1 } }, 7],
  'errors 5 % against 0.1 %': [{ stable: {}, canary: { errors: 0.05 } }, 230],
  'predictions moved by 0.5 sd': [{ stable: {}, canary: { shift: 0.5 } }, 245],
  'a constant prediction': [{ stable: {}, canary: { constant: true } }, 11],
}
for (const [fault, [traffic, bound]] of Object.entries(found))
  test(`${fault} is found within ${bound} canary requests in 95 % of rollouts, at 5 % and 10 %`, (t) => {
    for (const weight of [0.05, 0.1]) {
      const needed = canaryRequestsToFind(traffic, weight, repetitions(200), 12_000)
      t.diagnostic(`${fault}, at ${weight * 100} %: ${needed} canary requests`)
      assert.ok(needed <= bound, `${needed} at ${weight * 100} %`)
    }
  })

test('a canary that is truly worse by the tolerance is promoted in at most 5 %', (t) => {
  let promoted = 0
  const rollouts = repetitions(300)
  for (let seed = 1; seed <= rollouts; seed++) {
    // With next to no α nothing is rolled back: what is left is the promotion test alone.
    const worse = { stable: { errors: 0.01, slow: 0 }, canary: { errors: 0.06, slow: 0 } }
    if (rollOut(seed, () => worse, { steps: [0.5], alpha: 1e-9 }, 3000).verdict === 'promote') promoted += 1
  }
  t.diagnostic(`${promoted} of ${rollouts} promoted`)
  assert.ok(promoted <= most(0.05, rollouts), `${promoted} of ${rollouts} promoted`)
})

test('a healthy canary passes a step of tolerance 5 points within the requests that the policy promises', (t) => {
  const rollouts = repetitions(200)
  const needed = Array.from({ length: rollouts }, (_, seed) => {
    const traffic = { stable: { errors: 0.001, slow: 0 }, canary: { errors: 0.001, slow: 0 } }
    return rollOut(seed + 1, () => traffic, { steps: [0.1], minRequests: 1 }, 10_000).evidence.inStep.canary
  }).sort((a, b) => a - b)[Math.ceil(0.95 * rollouts) - 1] as number
  t.diagnostic(`${needed} canary requests`)
  assert.ok(needed <= 150, `${needed}`)
})
