import type { Environment } from './environment.ts'
import { requestsToFind, requestsToPass } from './forecast.ts'
import { wayOf } from './strategy.ts'
import { sharesOfAlpha } from './tests.ts'
import type { VerdictPolicy } from './verdict.ts'

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
  /** Copies before any weight; null where the policy has no shadow. */
  readonly shadow: { readonly share: number; readonly pairs: number; readonly minutes: number | null } | null
  readonly steps: readonly PlannedStep[]
  readonly detects: readonly Detectable[]
  /** What the strategy does beside steps, line by line. */
  readonly strategy: readonly string[]
  readonly deadlineMinutes: number
  /** Lines for people: what will not come off as things are. */
  readonly warnings: readonly string[]
}

const assumedBad = 0.01

/** What a rollout to an environment takes, and what it could see: from the policy, and what clients ask today. `first`: nothing serves there yet, so nothing is compared. */
export function planRollout(environment: Environment, rate: Rate, first: boolean): RolloutPlan {
  const { canary, verdict } = environment
  const { policy: given, mirror } = wayOf(environment, !first, 0)
  const steps = given && !given.endless ? given.steps : []
  const base = rate?.bad ?? assumedBad
  const policy = { tolerance: canary.tolerance_percent / 100, minRequests: canary.min_requests }
  const minutes = (requests: number, weight: number) =>
    rate === null || rate.perMinute === 0 ? null : requests / (rate.perMinute * weight)
  const planned = steps.map((weight) => {
    const pause = given?.pauseMs
    const requests = pause === undefined ? requestsToPass(policy, weight, base) : policy.minRequests
    const needed = minutes(requests, weight)
    return { weight, requests, minutes: needed === null ? null : Math.max(needed, (pause ?? 0) / 60_000) }
  })
  const [weight] = steps
  const alpha = (verdict.alpha_percent / 100) * sharesOfAlpha(mirror !== undefined).errors
  const detects =
    weight === undefined
      ? []
      : faults(base, policy.tolerance).map(([fault, bad]) => {
          const requests = requestsToFind(alpha, weight, bad, base)
          return { fault, requests, minutes: minutes(requests, weight) }
        })
  return {
    shadow: mirror && given?.shadow ? shadowOf(given, given.shadow.tolerated, mirror.share, minutes) : null,
    steps: planned,
    detects,
    strategy: strategyOf(environment, first),
    deadlineMinutes: canary.deadline_minutes,
    warnings: warningsOf(planned, rate, canary),
  }
}

/** Pairs are a canary's requests at weight 0, of which as many may disagree as are tolerated. */
function shadowOf(
  { tolerance, minRequests }: VerdictPolicy,
  tolerated: number,
  share: number,
  minutes: (requests: number, weight: number) => number | null,
) {
  const pairs = requestsToPass({ tolerance: tolerance + tolerated, minRequests }, 0, 0)
  return { share, pairs, minutes: minutes(pairs, share) }
}

function strategyOf({ strategy, host, ab, rolling, blue_green }: Environment, first: boolean): string[] {
  if (first) return ['then it serves: there is nothing to compare it with']
  if (strategy === 'recreate') return ['what runs is ended first, and nobody is answered until it is ready']
  if (strategy === 'blue-green')
    return [`then it takes all requests at once; what runs now stays started for ${blue_green.keep_minutes} minutes`]
  if (strategy === 'rolling')
    return [`each step stands for ${rolling.pause_minutes} minutes; what a step still hides is not bounded`]
  if (strategy === 'a/b')
    return [`${ab.share_percent} % of the clients (by ${host.sticky_header}) get it, until somebody ends the test`]
  return []
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
