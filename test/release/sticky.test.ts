// Sticky routing: one draw decides for all requests of a client, so the client is what is counted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../pipeline/random.ts'
import type { RolloutEvent } from '../../pipeline/release/event.ts'
import { createVerdict, judge, type VerdictPolicy } from '../../pipeline/release/verdict.ts'
import { most, repetitions } from '../repetitions.ts'
import { policy } from './traffic.ts'

type Rates = { readonly stable: number; readonly canary: number }

/** Requests of `clients` sticky clients, a third of whom fail much more often than the others, on both arms alike. `named` is how they should come. */
function source(seed: number, clients: number, named: boolean) {
  const next = random(seed)
  const draws = Array.from({ length: clients }, next)
  let n = 0
  return (rates: Rates, weight: number): RolloutEvent => {
    const client = Math.floor(next() * clients)
    const arm = (draws[client] as number) < weight ? 'canary' : 'stable'
    const failed = next() < Math.min(1, rates[arm] * (client % 3 === 0 ? 2.5 : 0.25))
    n += 1
    const { bin, status } = failed ? { bin: null, status: 500 } : { bin: client % 20, status: 200 }
    return {
      ...{ n, at: n, arm, weight, status, ms: 5, bin, out: 0 as const },
      ...(named ? { client: `c${client}` } : {}),
    }
  }
}

const endless: VerdictPolicy = { ...policy, minRequests: Number.MAX_SAFE_INTEGER }

/** Share of rollouts that are rolled back, over three weights with as many requests each. */
function rolledBack(rollouts: number, ratesAt: (step: number) => Rates, named: boolean, clients = 300): number {
  let back = 0
  for (let seed = 1; seed <= rollouts; seed++) {
    const { observe, read } = createVerdict(endless)
    const request = source(seed, clients, named)
    for (const [step, weight] of [0.05, 0.25, 0.5].entries())
      for (let i = 0; i < 1500; i++) observe(request(ratesAt(step), weight))
    if (read(0).verdict === 'roll back') back += 1
  }
  return back
}

const same = () => ({ stable: 0.05, canary: 0.05 })
// Better at first, then as good: of those who had no error yet, more are the canary's than the weight says.
const betterFirst = (step: number) => ({ stable: 0.2, canary: step < 2 ? 0.02 : 0.2 })

for (const [what, rates] of [
  ['no worse', same],
  ['better at first and as good later', betterFirst],
] as const)
  test(`named clients, the same ones again and again: a canary that is ${what} is left alone`, (t) => {
    const rollouts = repetitions(150)
    const back = rolledBack(rollouts, rates, true)
    t.diagnostic(`${back} of ${rollouts}`)
    assert.ok(back <= most(0.01, rollouts), `${back} of ${rollouts}`)
  })

test('without their names the same clients would take it back: what the counting is for', () => {
  assert.ok(rolledBack(40, same, false) >= 4)
})

test('a canary that fails for all its clients is found by a few of them, also when it begins late', () => {
  for (const late of [0, 2000]) {
    const { observe, read } = createVerdict(endless)
    const request = source(5, 500, true)
    for (let i = 0; i < 8000 && read(0).verdict === 'hold'; i++)
      observe(request({ stable: 0.001, canary: i < late ? 0.001 : 1 }, 0.1))
    const { verdict, evidence } = read(0)
    assert.equal(verdict, 'roll back')
    assert.ok(evidence.bad.errors.canary <= 12, `${evidence.bad.errors.canary} clients`)
  }
})

test('a client counts once for a promotion, however often it asks', () => {
  const request = source(6, 30, true)
  const events = Array.from({ length: 20_000 }, () => request({ stable: 0, canary: 0 }, 0.5))
  const { verdict, evidence, reason } = judge(events, { ...policy, steps: [0.5] }, 0)
  assert.equal(verdict, 'hold')
  assert.equal(evidence.requests.canary + evidence.requests.stable, 30)
  assert.match(reason, /^\d+ of 100 canary requests in this step$/)
})

test('a client on both arms at one weight is no draw: hold; a name that is none, too', () => {
  const request = source(7, 2000, true)
  const events = Array.from({ length: 6000 }, () => request({ stable: 0, canary: 0 }, 0.1))
  const twin = { ...(events[0] as RolloutEvent), n: 6001, arm: events[0]?.arm === 'canary' ? 'stable' : 'canary' }
  const { verdict, reason } = judge([...events.slice(0, 20), { ...twin, n: 21 }], policy, 0)
  assert.equal(verdict, 'hold')
  assert.match(reason, /a client was answered by both arms at one weight/)
  const nameless = judge([{ ...events[0], client: '' }], policy, 0)
  assert.match(nameless.reason, /client is no name/)
})
