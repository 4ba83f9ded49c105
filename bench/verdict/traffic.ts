import { random } from '../../pipeline/random.ts'
import { bins, type RolloutEvent } from '../../pipeline/release/event.ts'
import type { VerdictPolicy } from '../../pipeline/release/verdict.ts'
import { referenceBin } from '../../serve/reference.ts'

/** How an arm behaves: rates from 0 to 1; `moved` is its predictions' shift in standard deviations of its own reference predictions. */
export type Arm = {
  readonly errors: number
  readonly slow: number
  readonly moved: number
  readonly constant: boolean
  /** Its predictions are all above the median of its own reference. */
  readonly upper?: boolean
  /** Answered with 422: the client's fault, as a server sees it. */
  readonly refused: number
}
export type Traffic = { readonly stable: Arm; readonly canary: Arm }

export const healthy: Arm = { errors: 0.001, slow: 0.01, moved: 0, constant: false, refused: 0 }

/** The policy that everything is measured with: the standard one, on trial for as long as is asked. */
export const endless: VerdictPolicy = {
  steps: [0.05, 0.25, 0.5],
  alpha: 0.01,
  shiftTolerance: 1.1,
  latencyMs: 250,
  tolerance: 0.05,
  minRequests: Number.MAX_SAFE_INTEGER,
  startedAt: 0,
  deadlineMs: 1e15,
  atDeadline: 'hold',
}

// Quantiles of the standard normal at 0.55, 0.60 … 0.95: the edges of the bins of a model whose reference predictions are standard normal.
const upper = [0.1257, 0.2533, 0.3853, 0.5244, 0.6745, 0.8416, 1.0364, 1.2816, 1.6449]
const standardNormal = { quantiles: [...upper.map((edge) => -edge).reverse(), 0, ...upper], minimum: -4, maximum: 4 }

/** The bin of a prediction, in standard deviations of its model's reference. */
export function binOf(value: number): number {
  return referenceBin(standardNormal, value)
}

/** Share of each bin when predictions are moved by `moved` sd: what they are compared with is 1/20 each. By quadrature of the normal density, good to 1e-6. */
export function binShares(moved: number): readonly number[] {
  const shares = new Array<number>(bins).fill(0)
  const step = 1e-3
  for (let x = -8; x < 8; x += step)
    shares[binOf(x + step / 2 + moved)] =
      (shares[binOf(x + step / 2 + moved)] as number) +
      (Math.exp(-((x + step / 2) ** 2) / 2) * step) / Math.sqrt(2 * Math.PI)
  return shares
}

/** Standard normal numbers, two from each pair of uniform ones (Box & Muller 1958). */
function normals(next: () => number): () => number {
  let other: number | undefined
  return () => {
    if (other !== undefined) {
      const kept = other
      other = undefined
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()))
    const angle = 2 * Math.PI * next()
    other = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** Seeded requests, each with a draw of its own. */
export function independent(seed: number): (traffic: Traffic, weight: number) => RolloutEvent {
  const next = random(seed)
  const normal = normals(next)
  let n = 0
  return (traffic, weight) => {
    const arm = next() < weight ? 'canary' : 'stable'
    const { errors, slow, moved, constant, refused, upper = false } = traffic[arm]
    const status = next() < errors ? 500 : refused > 0 && next() < refused ? 422 : 200
    const late = next() < slow
    const value = moved === 0 ? 0 : normal()
    const even = upper ? bins / 2 + Math.floor((next() * bins) / 2) : Math.floor(next() * bins)
    const bin = constant ? 12 : moved === 0 ? even : binOf(value + moved)
    n += 1
    return {
      n,
      at: n,
      arm,
      weight,
      status,
      ms: late ? 400 : 20,
      bin: status === 200 ? bin : null,
      out: 0,
    }
  }
}

// About a hundred requests until half is forgotten.
const memory = 0.993
const fresh = Math.sqrt(1 - memory ** 2)

/**
 * The same where latency and predictions come in waves that both arms ride: most of what a request's latency and prediction are is a slow random walk (AR(1), half-life 100 requests). In an
 * `incident` both arms fail 30 %, are slow 40 % more often, and are asked for things half a standard deviation away.
 */
export function inWaves(seed: number): (traffic: Traffic, weight: number, incident: boolean) => RolloutEvent {
  const next = random(seed)
  const normal = normals(next)
  let load = normal()
  let season = normal()
  let n = 0
  return (traffic, weight, incident) => {
    load = memory * load + fresh * normal()
    season = memory * season + fresh * normal()
    const arm = next() < weight ? 'canary' : 'stable'
    const { errors, slow, moved, constant } = traffic[arm]
    const failed = next() < errors + (incident ? 0.3 : 0)
    // Lognormal about the load: at a calm moment hardly any is late, on the crest of a wave one in ten.
    const late = next() < Math.min(1, slow * Math.exp(1.1 * load - 0.6) + (incident ? 0.4 : 0))
    const value = 0.7 * season + 0.714 * normal() + moved + (incident ? 0.5 : 0)
    const bin = constant ? 12 : binOf(value)
    n += 1
    return { n, at: n, arm, weight, status: failed ? 500 : 200, ms: late ? 400 : 20, bin: failed ? null : bin, out: 0 }
  }
}

/** Requests of so many clients whose arm one draw decides for good, a third of them ten times as unlucky as the others. */
export function sticky(seed: number, clients: number): (traffic: Traffic, weight: number) => RolloutEvent {
  const next = random(seed)
  const draws = Float64Array.from({ length: clients }, next)
  let n = 0
  return (traffic, weight) => {
    const who = Math.floor(next() * clients)
    const arm = (draws[who] as number) < weight ? 'canary' : 'stable'
    const { errors, slow } = traffic[arm]
    const luck = who % 3 === 0 ? 2.5 : 0.25
    const failed = next() < errors * luck
    const late = next() < slow * luck
    n += 1
    return {
      ...{ n, at: n, arm, weight, status: failed ? 500 : 200, ms: late ? 400 : 20 },
      ...{ bin: failed ? null : who % bins, out: 0 as const, client: `c${who}` },
    }
  }
}
