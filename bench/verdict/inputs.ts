import { random } from '../../pipeline/random.ts'
import { bins } from '../../pipeline/release/event.ts'
import { createVerdict, type VerdictPolicy } from '../../pipeline/release/verdict.ts'
import { endless } from './traffic.ts'

/** `unfounded`: promotions without the evidence that the policy declares. */
export type Judged = { inputs: number; events: number; broken: number; promoted: number; unfounded: number }

/** An event as it was generated: `usable` is what the generator knows of it, whatever it looks like. */
type Generated = {
  readonly value: unknown
  readonly usable: boolean
  readonly canary: boolean
  readonly bad: boolean
  readonly step: number
}

const boldness = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/** Generated logs, half of them broken somewhere: each is judged, and every promotion is held against a count of its own of what was declared. */
export function judgeInputs({ from, to }: { from: number; to: number }): Judged {
  const found: Judged = { inputs: to - from, events: 0, broken: 0, promoted: 0, unfounded: 0 }
  for (let seed = from; seed < to; seed++) {
    const next = random(seed + 1)
    const policy = policyOf(next)
    const { events, missingFrom } = inputOf(next, policy)
    const verdict = createVerdict(policy)
    let seen = 0
    for (const { value } of events) {
      if (seen === missingFrom) verdict.setMissing('some are lost')
      verdict.observe(value)
      seen += 1
      if (verdict.decided()) break
    }
    found.events += seen
    const given = events.slice(0, seen)
    const broken = given.some(({ usable }) => !usable) || missingFrom < seen
    if (broken) found.broken += 1
    // Whatever the clock says, also after the deadline or when it is no number.
    const said = [0, 1e18, Number.NaN].map((now) => verdict.read(now).verdict)
    if (!said.includes('promote')) continue
    found.promoted += 1
    if (broken || !isFounded(given, policy)) found.unfounded += 1
  }
  return found
}

/** Small and tolerant, so that promotions are many and every limit is met from both sides. */
function policyOf(next: () => number): VerdictPolicy {
  const steps = [[0.5], [0.2, 0.5], [0.3, 0.6, 0.9]][Math.floor(next() * 3)] as number[]
  const tolerance = 0.1 + 0.5 * next()
  return { ...endless, steps, tolerance, minRequests: 1 + Math.floor(next() * 60), startedAt: 1, deadlineMs: 1e9 }
}

function inputOf(next: () => number, { steps }: VerdictPolicy) {
  const events: Generated[] = []
  const rate = next() < 0.7 ? 0 : next() * 0.5
  const canaryRate = next() < 0.7 ? rate : next()
  const missingArm = next() < 0.05 ? (next() < 0.5 ? 'stable' : 'canary') : null
  const breaking = next() < 0.5 ? 0 : next() * 0.03
  const missingFrom = next() < 0.05 ? Math.floor(next() * 100) : Infinity
  let n = 0
  for (const [step, weight] of steps.entries()) {
    for (let left = Math.floor(next() * 160); left > 0; left--) {
      const drawn = next() < weight ? 'canary' : 'stable'
      if (drawn === missingArm) continue
      const canary = drawn === 'canary'
      const bad = next() < (canary ? canaryRate : rate)
      n += 1
      const status = bad ? 500 : 200
      const bin = bad ? null : Math.floor(next() * bins)
      const value = { n, at: n, arm: drawn, weight, status, ms: 5, bin, out: 0 }
      if (next() >= breaking) events.push({ value, usable: true, canary, bad, step })
      else {
        const broken = breakOne(value, next)
        // One that is left out leaves a gap before the one that comes next.
        if (broken === undefined) events.push({ value: { ...value, n: ++n }, usable: false, canary, bad, step })
        else events.push({ value: broken, usable: false, canary, bad, step })
      }
    }
  }
  return { events, missingFrom }
}

/** One of the ways in which a meter breaks; undefined: nothing is written. */
function breakOne(value: { readonly n: number; readonly weight: number }, next: () => number): unknown {
  const ways: readonly unknown[] = [
    undefined,
    null,
    '{"n":',
    { ...value, n: value.n - 1 },
    { ...value, n: Number.NaN },
    { ...value, at: 0 },
    { ...value, at: 'now' },
    { ...value, arm: 'both' },
    { ...value, weight: -value.weight },
    { ...value, weight: Number.NaN },
    { ...value, weight: 1 },
    { ...value, status: 99 },
    { ...value, status: null },
    { ...value, ms: Number.NaN },
    { ...value, ms: -1 },
    { ...value, ms: Infinity },
    { ...value, ms: undefined },
    { ...value, status: 200, bin: null },
    { ...value, bin: 20 },
    { ...value, bin: 0.5 },
    { ...value, out: undefined },
    { ...value, out: 2 },
    { ...value, client: '' },
  ]
  return ways[Math.floor(next() * ways.length)]
}

/**
 * Whether each step had its canary requests, somebody to compare with, and its harm bounded at 95 %: counted by itself, from numbers of requests and not event by event, in logarithms.
 */
function isFounded(events: readonly Generated[], { steps, tolerance, minRequests }: VerdictPolicy): boolean {
  let due = 0
  let counts = { good: 0, bad: 0, stable: 0, stableBad: 0 }
  for (const { canary, bad, step } of events) {
    if (step !== due) continue
    if (canary) counts[bad ? 'bad' : 'good'] += 1
    else {
      counts.stable += 1
      if (bad) counts.stableBad += 1
    }
    const { good, bad: canaryBad, stable, stableBad } = counts
    if (good + canaryBad < minRequests || stable === 0) continue
    const weight = steps[due] as number
    const mean =
      boldness
        .map((l) =>
          Math.exp(
            good * Math.log1p(l * tolerance) +
              canaryBad * Math.log1p(-l * (1 - tolerance)) +
              stableBad * Math.log1p((l * weight) / (1 - weight)),
          ),
        )
        .reduce((sum, worth) => sum + worth, 0) / boldness.length
    if (mean < 20 * (1 - 1e-9)) continue
    due += 1
    counts = { good: 0, bad: 0, stable: 0, stableBad: 0 }
  }
  return due === steps.length
}
