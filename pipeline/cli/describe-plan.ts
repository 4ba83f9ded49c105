import { percent } from '../release/plan.ts'
import { nameOf } from '../release/release.ts'
import { oneLine } from '../report/escape.ts'
import type { PlannedDeploy } from '../steps/plan-deploy.ts'

/** What a deploy would do, for people. */
export function describePlan({ environment, release, running, obstacles, rate, rollout }: PlannedDeploy): string {
  const { shadow, steps, strategy, detects, deadlineMinutes, warnings } = rollout
  return [
    `deploy --plan: ${nameOf(release)} of ${release.commit.slice(0, 12)} to ${environment}${release.rehearsal ? ' (rehearsal)' : ''}, in the place of ${running ? nameOf(running) : 'nothing'}`,
    ...obstacles.map((obstacle) => `  first: ${oneLine(obstacle, 300)}`),
    `  today: ${rate ? `${rate.perMinute.toPrecision(3)} requests a minute, ${percent(rate.bad)} of them bad` : 'nobody asked in the last 24 hours'}`,
    '  it is started, and has to predict its golden records',
    ...(shadow
      ? [
          `  copies of ${percent(shadow.share)} of the requests until ${count(shadow.pairs)} answers were compared${time(shadow.minutes)}`,
        ]
      : []),
    ...strategy.map((line) => `  ${line}`),
    ...(steps.length + strategy.length === 0 ? ['  then it takes the place of what runs, without a trial'] : []),
    ...steps.map(
      ({ weight, requests, minutes }) =>
        `  ${percent(weight)} of requests until ${count(requests)} canary requests${time(minutes)}`,
    ),
    ...(steps.length > 0 ? [`  at the latest after ${deadlineMinutes} minutes; numbers are 95th percentiles`] : []),
    ...(detects.length > 0 ? ['  the verdict would take it back for'] : []),
    ...detects.map(
      ({ fault, requests, minutes }) => `    ${fault}: after ${count(requests)} canary requests${time(minutes)}`,
    ),
    ...warnings.map((warning) => `  beware: ${warning}`),
  ].join('\n')
}

const count = (requests: number) =>
  Number.isFinite(requests) ? requests.toLocaleString('en-US') : 'more than a million'

const time = (minutes: number | null) =>
  minutes === null ? '' : `, ${minutes < 1 ? 'less than a minute' : `${Math.ceil(minutes)} minutes`} at today's rate`
