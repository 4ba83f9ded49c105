import { InputError } from '../../pipeline/errors.ts'
import { type Context, openContext } from '../../pipeline/steps/context.ts'
import type { TrackingSettings } from '../../pipeline/tracking/embedded.ts'
import { progress, say } from './log.ts'

/** The run of a workflow, in GitHub's words (https://docs.github.com/actions/reference/workflows-and-actions/variables). */
export type GitHubRun = {
  readonly apiUrl: string
  readonly serverUrl: string
  /** `owner/name` */
  readonly repository: string
  readonly runId: number
  readonly attempt: number
  readonly event: string
  /** The file of the event's payload. */
  readonly eventPath: string
  readonly sha: string
  readonly ref: string
  /** The branch that a pull request asks to merge; empty where there is none. */
  readonly headRef: string
}

/** What the runner tells an action through its environment, read once in `main.ts`. */
export type Runner = {
  /** The checked-out repository; empty where `GITHUB_WORKSPACE` is not set. */
  readonly root: string
  /** Null where no server is named: one that was started here would end with the job, and all that it was told. */
  readonly tracking: TrackingSettings | null
  /** Whether there is a job summary to write to. */
  readonly summary: boolean
  readonly github: GitHubRun
  /** A folder that the runner empties before and after each job; empty where there is none. */
  readonly temp: string
  /** Whether this run may keep artifacts: the runner gives actions (never `run:` steps) a token for it. */
  readonly artifacts: boolean
}

/** Reads the runner's environment. A secret that a fork does not get is there and empty: it counts as absent. */
export function readRunner(env: NodeJS.ProcessEnv): Runner {
  const { MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD } = env
  return {
    root: env['GITHUB_WORKSPACE'] ?? '',
    tracking: MLFLOW_TRACKING_URI
      ? {
          MLFLOW_TRACKING_URI,
          MLFLOW_TRACKING_TOKEN: MLFLOW_TRACKING_TOKEN || undefined,
          MLFLOW_TRACKING_USERNAME: MLFLOW_TRACKING_USERNAME || undefined,
          MLFLOW_TRACKING_PASSWORD: MLFLOW_TRACKING_PASSWORD || undefined,
        }
      : null,
    github: {
      apiUrl: env['GITHUB_API_URL'] || 'https://api.github.com',
      serverUrl: env['GITHUB_SERVER_URL'] || 'https://github.com',
      repository: env['GITHUB_REPOSITORY'] ?? '',
      runId: Number(env['GITHUB_RUN_ID'] ?? 0),
      attempt: Number(env['GITHUB_RUN_ATTEMPT'] ?? 1),
      event: env['GITHUB_EVENT_NAME'] ?? '',
      eventPath: env['GITHUB_EVENT_PATH'] ?? '',
      sha: env['GITHUB_SHA'] ?? '',
      ref: env['GITHUB_REF'] ?? '',
      headRef: env['GITHUB_HEAD_REF'] ?? '',
    },
    temp: env['RUNNER_TEMP'] ?? '',
    summary: Boolean(env['GITHUB_STEP_SUMMARY']),
    artifacts: Boolean(env['ACTIONS_RUNTIME_TOKEN']),
  }
}

/** The context of the steps; `elsewhere` is where they may look. Throws InputError where no repository is checked out, or `params.yaml` is not in order. */
export async function contextOf(
  { root, tracking }: Runner,
  elsewhere: Partial<Omit<Context, 'root' | 'params' | 'tracking' | 'say' | 'progress'>> = {},
): Promise<Context> {
  if (root === '')
    throw new InputError(
      'GITHUB_WORKSPACE is not set, so this is not a runner of GitHub Actions; on a laptop, run the same step by `npm run`',
    )
  return openContext({ root, tracking, say, progress, ...elsewhere })
}
