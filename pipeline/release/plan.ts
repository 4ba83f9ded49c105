import type { Environment } from './environment.ts'
import { requestsToFind, requestsToPass } from './forecast.ts'

/** What clients of an environment ask today: prediction requests a minute, and the share of them that are bad (0 to 1). Null where nobody asked. */
export type Rate = { readonly perMinute: number; readonly bad: number } | null

/** A step that is to come. Requests are the canary's, 95th percentile; minutes at today's rate, null where that is unknown. */
export type PlannedStep = {
  readonly weight: number
  readonly requests: number
  readonly minutes: number | null
}

/** What the verdict would find at the first weight, and after how many canary requests and minutes. */
export type Detectable = { readonly fault: string; readonly requests: number; readonly minutes: number | null }

export type RolloutPlan = {
  readonly steps: readonly PlannedStep[]
  readonly detects: readonly Detectable[]
  readonly deadlineMinutes: number
  /** Lines for people: what will not come off as things are. */
  readonly warnings: readonly string[]
}

const assumedBad = 0.01
// Errors and slowness may spend this much of α each, where there is no shadow; see `tests.ts`.
const share = 0.35

/** What a rollout to an environment takes, and what it could see: from the policy, and what clients ask today. `first`: nothing serves there yet, so nothing is compared. */
export function planRollout({ canary, verdict }: Environment, rate: Rate, first: boolean): RolloutPlan {
  const steps = first ? [] : canary.steps.map((percent) => percent / 100)
  const base = rate?.bad ?? assumedBad
  const policy = { tolerance: canary.tolerance_percent / 100, minRequests: canary.min_requests }
  const minutes = (requests: number, weight: number) =>
    rate === null || rate.perMinute === 0 ? null : requests / (rate.perMinute * weight)
  const planned = steps.map((weight) => {
    const requests = requestsToPass(policy, weight, base)
    return { weight, requests, minutes: minutes(requests, weight) }
  })
  const [weight] = steps
  const alpha = (verdict.alpha_percent / 100) * share
  const detects =
    weight === undefined
      ? []
      : faults(base, policy.tolerance).map(([fault, bad]) => {
          const requests = requestsToFind(alpha, weight, bad, base)
          return { fault, requests, minutes: minutes(requests, weight) }
        })
  return {
    steps: planned,
    detects,
    deadlineMinutes: canary.deadline_minutes,
    warnings: warningsOf(planned, rate, canary),
  }
}

function faults(base: number, tolerance: number): readonly (readonly [fault: string, rate: number])[] {
  return [
    ['every request fails', 1],
    [`${percent(base + tolerance)} of the requests are bad, as much as a step still tolerates`, base + tolerance],
    [`twice as many bad requests as today (${percent(2 * base)})`, 2 * base],
  ]
}

function warningsOf(steps: readonly PlannedStep[], rate: Rate, canary: Environment['canary']): string[] {
  if (steps.length === 0) return []
  const never = steps.find(({ requests }) => !Number.isFinite(requests))
  if (never)
    return [
      `no amount of traffic passes the step at ${percent(never.weight)}: with so many bad requests, ${canary.tolerance_percent} points more cannot be ruled out; raise canary.tolerance_percent`,
    ]
  if (!rate || rate.perMinute === 0)
    return ['nobody asked in the last 24 hours: how long a step takes cannot be told, and without requests it is held']
  const total = steps.reduce((sum, { minutes }) => sum + (minutes ?? 0), 0)
  if (total <= canary.deadline_minutes) return []
  return [
    `at today's rate the steps take ${Math.ceil(total)} minutes, and the deadline is ${canary.deadline_minutes}: then it is ${canary.at_deadline === 'hold' ? 'held' : 'taken back'}; raise canary.deadline_minutes, canary.tolerance_percent or the first weight`,
  ]
}

export function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`
}
