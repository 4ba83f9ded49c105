import { normal } from '../../pipeline/data/sample/normal.ts'
import { random } from '../../pipeline/random.ts'
import type { RolloutEvent } from '../../pipeline/release/event.ts'
import { createVerdict, type VerdictPolicy } from '../../pipeline/release/verdict.ts'

/** How an arm behaves: rates from 0 to 1; `shift` and `spread` move its predictions, in standard deviations of its reference predictions. */
export type Behaviour = {
  readonly errors?: number
  readonly slow?: number
  /** Answered with 422. */
  readonly refused?: number
  readonly outOfRange?: number
  readonly shift?: number
  readonly spread?: number
  readonly constant?: true
}
export type Traffic = { readonly stable: Behaviour; readonly canary: Behaviour }

export const policy: VerdictPolicy = {
  steps: [0.1, 0.5],
  alpha: 0.01,
  shiftTolerance: 1.1,
  latencyMs: 250,
  tolerance: 0.05,
  minRequests: 100,
  startedAt: 0,
  deadlineMs: 1e12,
  atDeadline: 'roll back',
}

// Quantiles of the standard normal at 0.55, 0.60 … 0.95.
const upper = [0.1257, 0.2533, 0.3853, 0.5244, 0.6745, 0.8416, 1.0364, 1.2816, 1.6449]
const edges = [...upper.map((edge) => -edge).reverse(), 0, ...upper]

/** Seeded requests, drawn one by one with the weight that is asked for. */
export function source(seed: number): (traffic: Traffic, weight: number) => RolloutEvent {
  const next = random(seed)
  let n = 0
  return ({ stable, canary }, weight) => {
    const arm = next() < weight ? 'canary' : 'stable'
    const {
      errors = 0.001,
      slow = 0.01,
      refused = 0,
      outOfRange = 0,
      shift = 0,
      spread = 1,
      constant,
    } = arm === 'canary' ? canary : stable
    const status = next() < errors ? 500 : refused > 0 && next() < refused ? 422 : 200
    const drawn = normal(next)
    const value = constant ? 0.3 : drawn * spread + shift
    const bin = status !== 200 ? null : edges.filter((edge) => edge <= value).length
    n += 1
    return {
      n,
      at: n * 10,
      arm,
      weight,
      status,
      ms: next() < slow ? 400 : 20,
      bin,
      out: next() < outOfRange ? 1 : 0,
    }
  }
}

/** One whole rollout, at most `limit` requests; `trafficAt` may change with the request's number. */
export function rollOut(
  seed: number,
  trafficAt: (n: number) => Traffic,
  given: Partial<VerdictPolicy> = {},
  limit = 20_000,
) {
  const verdict = createVerdict({ ...policy, ...given })
  const request = source(seed)
  const events: RolloutEvent[] = []
  let weight = (given.steps ?? policy.steps)[0] as number
  for (let n = 1; n <= limit; n++) {
    const event = request(trafficAt(n), weight)
    events.push(event)
    verdict.observe(event)
    // Reading costs more than observing; a look after every request is what observe does inside.
    const read = verdict.read(0)
    if (read.verdict !== 'hold') return { events, ...read }
    weight = read.weight
  }
  return { events, ...verdict.read(0) }
}

/** Canary requests until a fault is found at a fixed weight: the 95th percentile of `repetitions`. */
export function canaryRequestsToFind(fault: Traffic, weight: number, repetitions: number, limit: number): number {
  const needed = Array.from({ length: repetitions }, (_, seed) => {
    // A promise that cannot be met keeps it in its first step.
    const found = rollOut(seed + 1, () => fault, { steps: [weight], minRequests: Number.MAX_SAFE_INTEGER }, limit)
    return found.verdict === 'roll back' ? found.evidence.requests.canary : Infinity
  })
  return needed.sort((a, b) => a - b)[Math.ceil(0.95 * repetitions) - 1] as number
}
