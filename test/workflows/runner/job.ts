import { join } from 'node:path'
import { nextId, now } from '../github/state.ts'
import { actionsOf } from './actions.ts'
import type { Asked } from './ask.ts'
import { runnerOf } from './context.ts'
import type { Decision } from './decide.ts'
import { deriveJob, urlOutput } from './derive.ts'
import { openEnvironment } from './environment.ts'
import type { Needs } from './expressions.ts'
import { leaksIn, mask } from './leaks.ts'
import type { Annotation, Conclusion, Step } from './log.ts'
import { runOnMachine } from './machine.ts'
import { permissionsOf } from './permissions.ts'
import type { Going } from './run.ts'
import { plainOf } from './step-env.ts'
import type { JobFile } from './workflow.ts'

/** A job of a run, ended. */
export type JobRun = {
  readonly conclusion: Conclusion
  readonly outputs: { readonly [name: string]: string }
  /** As GitHub shows it: secrets are masked. */
  readonly log: string
  readonly summary: string
  readonly annotations: readonly Annotation[]
  readonly steps: readonly Step[]
  readonly ms: number
  /** Names of secrets, its tokens among them, that it wrote anywhere, masked or not. */
  readonly leaks: readonly string[]
}

/** A job that had no machine. */
export const without = (conclusion: Conclusion): JobRun => ({
  ...{ conclusion, outputs: {}, log: '', summary: '', annotations: [], steps: [], ms: 0, leaks: [] },
})

export type Begun = {
  readonly job: JobFile
  /** Its name among the run's jobs. */
  readonly key: string
  readonly name: string
  readonly decision: Decision
  readonly needs: Needs
  readonly combination: { readonly [name: string]: unknown } | undefined
  readonly cancelled: AbortSignal
}

let machines = 0

/** Runs a job that may begin: into its environment, with tokens of its own, on a machine of its own. */
export async function runJob(going: Going, asked: Asked, begun: Begun): Promise<JobRun> {
  const { world, run, workflow, about, options } = going
  const { job, name, decision, cancelled } = begun
  const environment =
    decision.environment === undefined
      ? undefined
      : await openEnvironment(world, run, { name: decision.environment, sha: about.sha }, options.approve)
  const refused = cancelled.aborted ? 'cancelled' : environment?.approved === false ? 'failure' : undefined
  if (refused) {
    record(going, name, refused)
    return without(refused)
  }
  const permissions = permissionsOf(job.permissions, workflow.permissions, going.stranger)
  const giveBack = await world.runners.take()
  const tokens = world.github.mintToken({ runId: run.id, job: name, permissions, fork: going.stranger })
  const ended = await onMachine(going, asked, begun, { permissions, ...tokens }).finally(giveBack)
  const { [urlOutput]: url = '', ...outputs } = ended.outputs
  environment?.close(ended.conclusion === 'success', url)
  world.github.finishJob(run.id, name, ended.conclusion)
  return { ...ended, outputs }
}

/** A job that had no machine of its own in this attempt. */
export function record({ world, run }: Going, name: string, conclusion: Conclusion): void {
  const { state } = world.github
  const times = { startedAt: now(), completedAt: now() }
  state.jobs.push({
    id: nextId(state),
    runId: run.id,
    attempt: run.attempt,
    name,
    status: 'completed',
    conclusion,
    ...times,
  })
}

type Given = {
  readonly permissions: { readonly [scope: string]: string }
  readonly token: string
  readonly runtimeToken: string
}

async function onMachine(going: Going, asked: Asked, begun: Begun, given: Given): Promise<JobRun> {
  const { world, workflow, about, options } = going
  const { job, key, needs, combination, decision, cancelled } = begun
  const { origin, resultsUrl } = world.github
  const uses = job.steps.flatMap((step) => step.uses ?? [])
  const actions = await actionsOf(origin, about.sha, uses)
  const { plain, said: odd } = plainOf(asked.env)
  const text = deriveJob(workflow, { job: job.id, needs, combination, actions, resultsUrl, said: odd })
  const secrets = { ...going.secrets, GITHUB_TOKEN: given.token, ACTIONS_RUNTIME_TOKEN: given.runtimeToken }
  const { log, ...done } = await runOnMachine({
    dir: join(world.home, `m${++machines}`),
    job: job.id,
    steps: job.steps,
    call: (_, mark) => ({
      ...asked,
      ...{ workflow: text, secrets, actions: actions.remote, path: world.path },
      env: { ...plain, ...runnerOf(world, mark), ...identityOf(given, resultsUrl) },
    }),
    timeoutMs: decision.timeoutMs,
    cancelled,
    cancel: going.cancel,
    cancelAt: options.cancelAt?.job === key ? options.cancelAt : undefined,
    killAt: options.killAt?.job === key ? options.killAt : undefined,
  })
  const said = [done.outputs, ...done.steps.map((step) => step.outputs)].flatMap((all) => Object.values(all))
  const written = [log.text(), log.summary(), JSON.stringify(log.annotations), ...said].join('\n')
  const outputs = Object.entries(done.outputs).filter(([, value]) => leaksIn(value, secrets).length === 0)
  return {
    ...done,
    // GitHub hands no output on that may hold a secret.
    outputs: Object.fromEntries(outputs),
    log: mask(log.text(), secrets, log.masked),
    summary: mask(log.summary(), secrets, log.masked),
    annotations: log.annotations,
    leaks: leaksIn(written, secrets),
  }
}

/** Only a job that may ask for an identity is told where (https://docs.github.com/actions/concepts/security/openid-connect). */
function identityOf({ permissions, runtimeToken }: Given, resultsUrl: string): { readonly [name: string]: string } {
  if (permissions['id-token'] !== 'write') return {}
  return { ACTIONS_ID_TOKEN_REQUEST_URL: `${resultsUrl}/identity?`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: runtimeToken }
}
