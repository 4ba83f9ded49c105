import type { Verdict, VerdictPolicy } from './verdict.ts'

type Evidence = Verdict['evidence']

/** Why a release is rolled back: the test that weighs most, in one sentence. */
export function whyBack({ tests, bad, requests, pairs }: Evidence, { latencyMs }: VerdictPolicy): string {
  const names = Object.keys(tests) as (keyof typeof tests)[]
  const weight = (name: keyof typeof tests) => tests[name].alpha * tests[name].worth
  const worst = names.reduce((a, b) => (weight(a) >= weight(b) ? a : b))
  const counts = (name: keyof typeof bad) =>
    `${bad[name].canary} of ${requests.canary} canary requests, ${bad[name].stable} of ${requests.stable} stable requests`
  if (worst === 'errors') return `errors: ${counts('errors')}`
  if (worst === 'slow') return `slower than ${latencyMs} ms: ${counts('slow')}`
  if (worst === 'refused') return `refused with 4xx: ${counts('refused')}`
  if (worst === 'outOfRange') return `predictions out of the model's reference range: ${counts('outOfRange')}`
  if (worst === 'shadow')
    return `shadow: ${pairs.disagreeing} of ${pairs.seen} copies were answered otherwise than stable answered, more than the gate saw`
  return `predictions shifted: the canary's depart from its own reference predictions in a way that stable's do not (after ${requests.canary} canary requests, ${requests.stable} stable requests)`
}

/** Why a step is not passed yet; `shadow` where it is the one before any weight. */
export function whyHeld(
  { inStep, unusable, fault, missing }: Evidence,
  { minRequests, tolerance, pauseMs, endless }: VerdictPolicy,
  shadow: boolean,
): string {
  if (missing !== null) return missing
  if (endless) return 'an a/b test, which nobody but a person ends: `npm run promote` or `npm run withdraw`'
  if (unusable > 0) return `${unusable} event${unusable === 1 ? '' : 's'} cannot be used (${fault})`
  if (inStep.canary + inStep.stable === 0) return `no traffic in ${shadow ? 'the shadow' : 'this step'}`
  if (inStep.canary < minRequests)
    return shadow
      ? `${inStep.canary} of ${minRequests} pairs in the shadow`
      : `${inStep.canary} of ${minRequests} canary requests in this step`
  if (shadow) return `that more than ${percent(tolerance)} extra pairs disagree is not ruled out yet`
  if (inStep.stable === 0) return 'no stable request in this step to compare with'
  if (pauseMs !== undefined) return `this step has not stood for ${pauseMs / 60_000} minutes yet`
  return `more than ${percent(tolerance)} extra bad requests are not ruled out yet`
}

/** Why a release is promoted. */
export function whyPromoted({ tolerance, pauseMs, steps }: VerdictPolicy): string {
  if (steps.length === 0)
    return `the shadow passed: more than ${percent(tolerance)} extra pairs that disagree are ruled out`
  if (pauseMs !== undefined) return `every step stood for ${pauseMs / 60_000} minutes, and nothing was found against it`
  return `every step passed: more than ${percent(tolerance)} extra bad requests are ruled out`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`
}
