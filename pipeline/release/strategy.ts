import type { Environment } from './environment.ts'
import type { Rollout } from './journal.ts'
import type { VerdictPolicy } from './verdict.ts'

/** How a release reaches everybody: written into the journal when its rollout begins, so that whoever carries it on goes the same way. */
export type Way = Pick<Rollout, 'policy' | 'mirror' | 'stickyHeader' | 'keepMs' | 'recreates'>

/** The way that an environment's policy says. `compares`: a release serves there already, so that there is one to compare with; the first one is started, predicts its golden records, and serves. */
export function wayOf(environment: Environment, compares: boolean, startedAt: number): Way {
  const { strategy, host, shadow, blue_green } = environment
  if (!compares) return { policy: null }
  const shadows = shadow.share_percent > 0 && (strategy === 'canary' || strategy === 'blue-green')
  const policy = policyOf(environment, shadows, startedAt)
  return {
    policy: policy.steps.length > 0 || shadows ? policy : null,
    ...(shadows ? { mirror: { share: shadow.share_percent / 100, tolerance: shadow.difference } } : {}),
    ...(host.sticky_header && policy.steps.length > 0 ? { stickyHeader: host.sticky_header } : {}),
    ...(strategy === 'blue-green' ? { keepMs: blue_green.keep_minutes * 60_000 } : {}),
    ...(strategy === 'recreate' ? { recreates: true as const } : {}),
  }
}

function policyOf(
  { strategy, canary, shadow, rolling, ab, slo, verdict }: Environment,
  shadows: boolean,
  startedAt: number,
): VerdictPolicy {
  return {
    steps: stepsOf(strategy, canary.steps, ab.share_percent).map((percent) => percent / 100),
    alpha: verdict.alpha_percent / 100,
    shiftTolerance: verdict.shift_tolerance,
    latencyMs: slo.latency_ms,
    tolerance: canary.tolerance_percent / 100,
    minRequests: canary.min_requests,
    startedAt,
    deadlineMs: canary.deadline_minutes * 60_000,
    atDeadline: canary.at_deadline,
    ...(shadows ? { shadow: { tolerated: shadow.tolerated_percent / 100 } } : {}),
    ...(strategy === 'rolling' ? { pauseMs: rolling.pause_minutes * 60_000 } : {}),
    ...(strategy === 'a/b' ? { endless: true as const } : {}),
  }
}

function stepsOf(strategy: Environment['strategy'], steps: readonly number[], share: number): readonly number[] {
  if (strategy === 'a/b') return [share]
  return strategy === 'canary' || strategy === 'rolling' ? steps : []
}
