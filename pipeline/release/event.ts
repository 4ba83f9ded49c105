/**
 * One prediction request of a rollout, as the gateway booked its first attempt: to which arm it was drawn, with which weight (the canary's share,
 * 0 to 1), HTTP status (0: no answer), milliseconds, the bin of its prediction among its own model's reference predictions, and whether
 * the prediction was out of the reference range. `client` is there where routing is sticky: an opaque name for whom one draw decides, so that
 * their requests are not counted as so many draws.
 */
export type RolloutEvent = {
  readonly n: number
  readonly at: number
  readonly arm: 'stable' | 'canary'
  readonly weight: number
  readonly status: number
  readonly ms: number
  readonly bin: number | null
  readonly out: 0 | 1
  readonly client?: string
}

/**
 * One pair of a shadow: a request that stable answered, and its copy that the canary answered for nobody. `disagrees` is 1 where the two differ by more than the gate
 * saw between candidate and champion, or the canary did not answer what stable did. Numbered in one row with the requests.
 */
export type PairEvent = { readonly n: number; readonly at: number; readonly disagrees: 0 | 1; readonly client?: string }

export const bins = 20

/** Whether an event is of a pair, once `faultOf` found nothing wrong with it. */
export function isPair(event: RolloutEvent | PairEvent): event is PairEvent {
  return 'disagrees' in event
}

/** Why an event cannot be used as evidence (a meter that is broken or old), or null. Nothing from outside is believed before this was asked. */
export function faultOf(event: unknown, since: number): string | null {
  if (typeof event !== 'object' || event === null) return 'not an object'
  const { n, at, client } = event as { readonly n?: unknown; readonly at?: unknown; readonly client?: unknown }
  if (!isCount(n)) return `n is ${String(n)}`
  if (typeof at !== 'number' || !Number.isFinite(at)) return `at is ${String(at)}`
  if (at < since) return `stale: from ${Math.round(since - at)} ms before the rollout`
  if (client !== undefined && (typeof client !== 'string' || client === '' || client.length > 100))
    return 'client is no name of at most 100 characters'
  if (!('disagrees' in event)) return faultOfRequest(event)
  const { disagrees } = event
  return disagrees === 0 || disagrees === 1 ? null : `disagrees is ${String(disagrees)}`
}

function faultOfRequest(event: object): string | null {
  const { arm, weight, status, ms, bin, out } = event as { [key in keyof RolloutEvent]?: unknown }
  if (arm !== 'stable' && arm !== 'canary') return `arm is ${String(arm)}`
  if (typeof weight !== 'number' || !(weight >= 0 && weight < 1)) return `weight is ${String(weight)}`
  if (arm === 'canary' && weight === 0) return 'drawn for the canary at weight 0'
  if (!isCount(status) || (status !== 0 && (status < 100 || status > 599))) return `status is ${String(status)}`
  if (typeof ms !== 'number' || !(ms >= 0 && ms < Infinity)) return `ms is ${String(ms)}`
  if (bin !== null && (!isCount(bin) || bin >= bins)) return `bin is ${String(bin)}`
  if (bin === null && status >= 200 && status < 300) return 'bin is missing'
  if (out !== 0 && out !== 1) return `out is ${String(out)}`
  return null
}

/**
 * What an event tells. `refused`: 4xx, but for 408 and 429, which are the server's, and for records that the model itself could not answer with a number. Mostly the client's fault, who makes
 * it on both arms alike; a release that refuses what the other answers shows in how they share them. Neither good nor bad: anybody who is refused could else have a release promoted, or held up.
 */
export type Outcome = {
  readonly errors: boolean
  readonly slow: boolean
  readonly outOfRange: boolean
  readonly refused: boolean
  readonly bad: boolean
}

export function outcomeOf(event: RolloutEvent, latencyMs: number): Outcome {
  const { status } = event
  const errors = status === 0 || status >= 500 || status === 408 || status === 429
  const outOfRange = event.out === 1
  const refused = status >= 400 && !errors && !outOfRange
  const slow = !refused && event.ms > latencyMs
  return { errors, slow, outOfRange, refused, bad: errors || slow || outOfRange }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
