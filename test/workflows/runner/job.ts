import { nextId, now } from '../github/state.ts'
import type { Asked } from './ask.ts'
import type { Decision } from './decide.ts'
import { urlOutput } from './derive.ts'
import { openEnvironment } from './environment.ts'
import type { Needs } from './expressions.ts'
import type { Annotation, Conclusion, Step } from './log.ts'
import { onMachine } from './on-machine.ts'
import { permissionsOf } from './permissions.ts'
import type { Going } from './run.ts'
import type { JobFile } from './workflow.ts'

/** A job of a run, ended. */
export type JobRun = {
  /** As GitHub shows it. */
  readonly name: string
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
export const without = (name: string, conclusion: Conclusion): JobRun => ({
  ...{ name, conclusion, outputs: {}, log: '', summary: '', annotations: [], steps: [], ms: 0, leaks: [] },
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
    if (environment?.approved) environment.close(false, '')
    record(going, name, refused)
    return without(name, refused)
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
