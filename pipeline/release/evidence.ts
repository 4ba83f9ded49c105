import type { Evidence } from './message.ts'
import type { Verdict, VerdictPolicy } from './verdict.ts'

const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 })
const short = (value: number) =>
  value === 0 ? '0' : value < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1)
const percent = (share: number) => `${short(share * 100)} %`

/** A verdict as the lines that its commit on the ledger carries: counts, tests, α. */
export function evidenceOf(verdict: Verdict, policy: VerdictPolicy): Evidence {
  const { requests, bad, pairs, tests, combined, inStep, unusable, fault, missing } = verdict.evidence
  const rows = [
    ['errors', tests.errors, `canary ${number(bad.errors.canary)}, stable ${number(bad.errors.stable)}`],
    [
      'slow',
      tests.slow,
      `canary ${number(bad.slow.canary)}, stable ${number(bad.slow.stable)} over ${policy.latencyMs} ms`,
    ],
    [
      'shift',
      tests.shift,
      `of predictions within each model's own reference, density ratio ${policy.shiftTolerance} tolerated`,
    ],
    [
      'out of range',
      tests.outOfRange,
      `canary ${number(bad.outOfRange.canary)}, stable ${number(bad.outOfRange.stable)}`,
    ],
    // A verdict of before there was this test may still wait in a journal.
    ...(bad.refused
      ? [
          [
            'refused',
            tests.refused,
            `canary ${number(bad.refused.canary)}, stable ${number(bad.refused.stable)} with 4xx`,
          ] as const,
        ]
      : []),
    ...(policy.shadow
      ? [
          [
            'shadow',
            tests.shadow,
            `${number(pairs.disagreeing)} of ${number(pairs.seen)} pairs disagree, ${percent(policy.shadow.tolerated)} tolerated`,
          ] as const,
        ]
      : []),
  ] as const
  return {
    why: verdict.reason,
    lines: [
      `Evidence: ${number(requests.canary)} requests to the canary, ${number(requests.stable)} to stable, in ${verdict.shadow ? 'the shadow before' : `step ${Math.min(verdict.step + 1, policy.steps.length)} of`} ${policy.steps.length}${verdict.shadow ? ' steps' : ''} (${policy.steps.map(percent).join(', ')} of requests)`,
      ...rows.map(
        ([name, { alpha, worth }, what]) => `  ${name.padEnd(13)} E = ${short(worth)} at α ${percent(alpha)}: ${what}`,
      ),
      `  together      Σ α·E = ${short(combined)}${
        verdict.expired
          ? ' of 1: no verdict against it, the deadline alone takes it back'
          : `; rolled back at 1, which a release that is no worse ever reaches with probability ${percent(policy.alpha)} at most`
      }`,
      `  to promote    E = ${short(inStep.promotion)} of 20 in this step, canary ${number(inStep.canary)} of ${number(policy.minRequests)} requests`,
      ...(unusable > 0 ? [`  unusable      ${number(unusable)} events (${fault})`] : []),
      ...(missing === null ? [] : [`  missing       ${missing}`]),
    ],
  }
}

/** One line of progress. */
export function progressOf({ step, weight, shadow, reason, evidence }: Verdict, policy: VerdictPolicy): string {
  const { inStep, tests, combined } = evidence
  const where = shadow
    ? 'canary in the shadow'
    : `canary at ${percent(weight)} (step ${step + 1} of ${policy.steps.length})`
  if (evidence.missing !== null) return `${where}: ${reason}`
  if (inStep.canary + inStep.stable === 0) return `${where}: waiting for traffic`
  const bets = Object.entries(tests)
    .filter(([name]) => name !== 'shadow' || policy.shadow)
    .map(([name, { worth }]) => `${name === 'outOfRange' ? 'out of range' : name} ${short(worth)}`)
  return `${where}: ${inStep.canary} ${shadow ? 'pairs' : 'canary requests'}; ${reason}; E: ${bets.join(', ')}, to promote ${short(inStep.promotion)} of 20; Σ α·E ${short(combined)} of 1`
}
