import { random } from '../../pipeline/random.ts'
import { createVerdict } from '../../pipeline/release/verdict.ts'
import { faults } from './faults.ts'
import { knowing, mannWhitney, type Rule, threshold } from './peers.ts'
import { endless, healthy, independent } from './traffic.ts'

/** Canary requests until each rule found the fault, per repetition; Infinity where it did not within what was tried. */
export type Found = {
  readonly ours: number[]
  readonly threshold95: number[]
  readonly threshold99: number[]
  readonly mannWhitney: number[]
  readonly knowing: number[]
}

const window = 50
const windows = 60

/** Repetitions `from` to `to` of one fault at one weight: all rules see the same requests, each until it has found the fault. The peers, which take longest, see every `peersEvery`th. */
export function detect({
  fault,
  weight,
  peersEvery,
  from,
  to,
}: {
  fault: number
  weight: number
  peersEvery: number
  from: number
  to: number
}): Found {
  const found: Found = { ours: [], threshold95: [], threshold99: [], mannWhitney: [], knowing: [] }
  for (let seed = from; seed < to; seed++)
    for (const [rule, requests] of Object.entries(one(fault, weight, seed, seed % peersEvery === 0)))
      found[rule as keyof Found].push(requests)
  return found
}

function one(index: number, weight: number, seed: number, peers: boolean): { readonly [rule: string]: number } {
  const { traffic, goal, metric, ratioOf, lateAfter } = faults[index] as (typeof faults)[number]
  const verdict = createVerdict({ ...endless, steps: [weight] })
  // Whoever does not see a fault in so many canary requests does not see it.
  const patience = 2 * (goal ?? 1000)
  const measured = window * windows
  const entry = (name: keyof Found, rule: Rule, limit: number) => ({ name, rule, limit, needed: Infinity, open: true })
  const rules = [
    entry('ours', { observe: verdict.observe, back: () => verdict.decided() === 'roll back' }, lateAfter + patience),
    entry('knowing', knowing(endless.alpha, ratioOf), lateAfter + patience),
    ...(peers
      ? [
          entry('threshold95', threshold(metric, 0.95, window), lateAfter + measured),
          entry('threshold99', threshold(metric, 0.99, window), lateAfter + measured),
          entry('mannWhitney', mannWhitney(metric, window, windows), lateAfter + measured),
        ]
      : []),
  ]
  const request = independent(seed + 1 + 1_000_003 * index + Math.round(weight * 1e9))
  const before = { stable: traffic.stable, canary: { ...healthy, errors: traffic.stable.errors } }
  for (let canary = 0; rules.some(({ open }) => open); ) {
    const failing = canary >= lateAfter
    const event = request(failing ? traffic : before, weight)
    if (event.arm === 'canary') canary += 1
    for (const each of rules) {
      // Who knows the fault knows when it begins.
      if (!each.open || (each.name === 'knowing' && !failing)) continue
      each.rule.observe(event)
      // One that gave alarm while all was well did not find it.
      if (each.rule.back()) each.needed = failing ? canary - lateAfter : Infinity
      each.open = !each.rule.back() && canary < each.limit
    }
  }
  return Object.fromEntries(rules.map(({ name, needed }) => [name, needed]))
}

/** Pairs until disagreement of `rate` is found where 1 % is tolerated, and until the test that knows it beforehand finds it. */
export function detectPairs({ rate, from, to }: { rate: number; from: number; to: number }): {
  readonly ours: number[]
  readonly knowing: number[]
} {
  const tolerated = 0.01
  const found: { ours: number[]; knowing: number[] } = { ours: [], knowing: [] }
  for (let seed = from; seed < to; seed++) {
    const next = random(seed + 77)
    const verdict = createVerdict({ ...endless, shadow: { tolerated } })
    let worth = 1
    let ours = Infinity
    let knowing = Infinity
    for (let n = 1; n <= 5000 && (ours === Infinity || knowing === Infinity); n++) {
      const disagrees = next() < rate
      verdict.observe({ n, at: n, disagrees: disagrees ? 1 : 0 })
      worth *= disagrees ? rate / tolerated : (1 - rate) / (1 - tolerated)
      if (ours === Infinity && verdict.decided() === 'roll back') ours = n
      if (knowing === Infinity && worth >= 1 / endless.alpha) knowing = n
    }
    found.ours.push(ours)
    found.knowing.push(knowing)
  }
  return found
}
