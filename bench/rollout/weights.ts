import { readFile } from 'node:fs/promises'

/** What the gateway's events of one rollout tell: draws by weight, and the requests to the canary by the time at which they were sent (ms since 1970). */
export type Drawn = {
  readonly byWeight: ReadonlyMap<number, { readonly requests: number; readonly canary: number }>
  readonly canarySent: readonly number[]
}

/** Reads an events file of the gateway; a canary that never came to its trial has none. */
export async function readDrawn(file: string): Promise<Drawn> {
  const byWeight = new Map<number, { requests: number; canary: number }>()
  const canarySent: number[] = []
  for (const line of (await readFile(file, 'utf8').catch(nothing)).split('\n')) {
    if (!line.includes('"arm"')) continue
    const { arm, weight, at, ms } = JSON.parse(line) as { arm: string; weight: number; at: number; ms: number }
    if (weight > 0) {
      const tally = byWeight.get(weight) ?? { requests: 0, canary: 0 }
      tally.requests += 1
      if (arm === 'canary') tally.canary += 1
      byWeight.set(weight, tally)
    }
    if (arm === 'canary') canarySent.push(at - ms)
  }
  return { byWeight, canarySent }
}

/** How often each kind of event came, in the order in which they first did: what to look at where a rollout did not end as it should. */
export async function kindsOf(file: string): Promise<string> {
  const kinds = new Map<string, number>()
  for (const line of (await readFile(file, 'utf8').catch(nothing)).split('\n')) {
    if (line === '') continue
    const { arm, weight, status, bin } = JSON.parse(line) as { [key: string]: unknown }
    const kind = arm === undefined ? 'seed' : `${arm} at ${weight}: ${status}, bin ${bin}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return [...kinds].map(([kind, count]) => `${count} × ${kind}`).join('; ')
}

/** z of a two-sided 99.9 % band of the normal distribution. */
const z = 3.2905

/**
 * How far requests to the canary may be from `weight` × requests, 99.9 % of the time: the normal approximation of the binomial with a correction of one half. Also where the number of requests was not chosen
 * beforehand: requests to the canary minus their expectation are a martingale, which a rollout that ends early does not bend.
 */
export const band = (requests: number, weight: number): number => z * Math.sqrt(requests * weight * (1 - weight)) + 0.5

function nothing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}
