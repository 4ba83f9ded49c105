import type { Found } from '../benches.ts'
import type { Seen } from './clients.ts'
import { band, type Drawn } from './weights.ts'

/** One rollout. `afterVerdictMs`: from the verdict to the last request that was sent to the canary; `afterAbort`: requests sent to it after the gateway had confirmed that it gets none. */
export type RolloutSeen = {
  readonly end: 'promoted' | 'shifted' | 'killed'
  readonly outcome: string
  readonly reason: string
  readonly byWeight: Drawn['byWeight']
  readonly canaryRequests: number
  readonly afterVerdictMs: number | undefined
  readonly afterAbort: number
}

const goalMs = 1_000

/** What all rollouts together show, and which goals they missed. */
export function report(
  seen: readonly RolloutSeen[],
  clients: Seen,
  { rounds, requests, quick }: { readonly rounds: number; readonly requests: number; readonly quick: boolean },
): Found {
  const missed: string[] = []
  const expect = (holds: boolean, what: string) => holds || missed.push(what)
  const kinds = (['promoted', 'shifted', 'killed'] as const).filter((kind) => seen.some(({ end }) => end === kind))
  const rows = kinds.map((kind) => {
    const of = seen.filter(({ end }) => end === kind)
    const wanted = kind === 'promoted' ? 'promoted' : 'rolled back'
    const right = of.filter(({ outcome }) => outcome === wanted).length
    const after = of.flatMap(({ afterVerdictMs }) => (afterVerdictMs === undefined ? [] : [afterVerdictMs]))
    expect(right === of.length, `${right} of ${of.length} ${kind} were ${wanted}: ${wrong(of, wanted)}`)
    return {
      canary: { promoted: 'good', shifted: 'predicts otherwise', killed: 'killed in its trial' }[kind],
      rollouts: of.length,
      ...{ promoted: 0, 'rolled back': 0, [wanted]: right },
      'canary requests, median': quantile(
        of.map((one) => one.canaryRequests),
        0.5,
      ),
      'verdict to last canary request, p99, ms': after.length === 0 ? '' : Math.round(quantile(after, 0.99)),
      'after the abort': of.reduce((sum, one) => sum + one.afterAbort, 0),
    }
  })
  const after = seen.flatMap(({ afterVerdictMs }) => (afterVerdictMs === undefined ? [] : [afterVerdictMs]))
  const p99 = Math.round(quantile(after, 0.99))
  const aborted = seen.reduce((sum, one) => sum + one.afterAbort, 0)
  expect(
    clients.failed === 0,
    `${clients.failed} of ${clients.requests} requests failed: ${JSON.stringify(clients.failures)}`,
  )
  expect(clients.requests >= requests, `${clients.requests} requests, of ${requests}`)
  expect(p99 <= goalMs, `verdict to last canary request, p99: ${p99} ms, goal ${goalMs} ms`)
  expect(aborted === 0, `${aborted} requests to a canary after its abort`)
  const weights = pooled(seen).map(([weight, { requests, canary }]) => {
    const off = canary - requests * weight
    expect(
      Math.abs(off) <= band(requests, weight),
      `at ${weight * 100} %: ${canary} of ${requests} requests, outside the 99.9 % band`,
    )
    return `at ${weight * 100} %: ${canary} of ${requests} requests (${((100 * canary) / requests).toFixed(2)} %), ${signed(off)} of the expected, 99.9 % band ± ${Math.round(band(requests, weight))}`
  })
  return {
    title: `${seen.length} rollouts (${rounds} meant well) on real servers, ${clients.requests} requests by clients that do not wait, ${clients.kept} of them on connections that are kept, the others each on a fresh one`,
    rows,
    notes: [
      `${clients.failed} requests failed; the slowest was answered after ${clients.slowestMs} ms.`,
      `verdict to last canary request: p99 ${p99} ms, at most ${Math.round(Math.max(0, ...after))} ms, of ${after.length} rollbacks.`,
      ...weights,
    ],
    ...(missed.length === 0
      ? {}
      : { missed: quick ? missed.filter((what) => !/^\d+ requests, of/.test(what)) : missed }),
  }
}

const wrong = (of: readonly RolloutSeen[], wanted: string) =>
  [
    ...new Set(of.filter(({ outcome }) => outcome !== wanted).map(({ outcome, reason }) => `${outcome}: ${reason}`)),
  ].join('; ')

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(Math.round(value))}`

function pooled(seen: readonly RolloutSeen[]) {
  const all = new Map<number, { requests: number; canary: number }>()
  for (const { byWeight } of seen)
    for (const [weight, { requests, canary }] of byWeight) {
      const tally = all.get(weight) ?? { requests: 0, canary: 0 }
      all.set(weight, { requests: tally.requests + requests, canary: tally.canary + canary })
    }
  return [...all].sort(([a], [b]) => a - b)
}

/** The smallest value that at least this share of the values does not exceed; 0 of none. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0
}
