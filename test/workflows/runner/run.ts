import { join } from 'node:path'
import type { Run } from '../github/state.ts'
import type { Asked } from './ask.ts'
import { type About, contextOf } from './context.ts'
import { decideRun } from './decide.ts'
import type { Approve } from './environment.ts'
import { type Event, happeningOf, headOf, sidesOf } from './event.ts'
import type { JobRun } from './job.ts'
import { conclusionOf, runJobs } from './jobs.ts'
import type { Conclusion } from './log.ts'
import type { Moment } from './machine.ts'
import { starts } from './starts.ts'
import { readWorkflow, type Workflow } from './workflow.ts'
import type { World } from './world.ts'

type Values = { readonly [name: string]: string }

/** A workflow to run, as GitHub would for this event; `rerunFailedOf` is another attempt of an earlier run, of what failed and what hung on it. */
export type RunOptions = {
  readonly variables?: Values
  readonly secrets?: Values
  readonly approve?: Approve
  readonly cancelAt?: Moment & { readonly job: string }
  readonly killAt?: Moment & { readonly job: string }
} & (
  | { readonly workflow: string; readonly event: Event; readonly actor?: string; readonly rerunFailedOf?: undefined }
  | { readonly rerunFailedOf: WorkflowRun }
)

/** A run that has ended. */
export type WorkflowRun = {
  readonly id: number
  readonly attempt: number
  /** The file. */
  readonly workflow: string
  readonly event: Event
  readonly actor: string
  readonly conclusion: Conclusion
  /** By id; those of a matrix as `id (value, …)`. */
  readonly jobs: { readonly [job: string]: JobRun }
}

/** A run under way. */
export type Going = {
  readonly world: World
  readonly run: Run
  readonly workflow: Workflow
  readonly about: About
  readonly options: RunOptions
  /** Whether it is a fork's or Dependabot's: no secrets, no variables, a token that reads. */
  readonly stranger: boolean
  readonly secrets: Values
  readonly cancelled: AbortSignal
  readonly cancel: () => void
}

let questions = 0

/** Runs a workflow for an event, the way GitHub schedules it, each job by act. Throws where the event does not start it, and for what is not played here. */
export async function runWorkflow(world: World, options: RunOptions): Promise<WorkflowRun> {
  const { github, secrets } = world
  const before = options.rerunFailedOf
  const { workflow: file, event, actor = event.actor } = options.rerunFailedOf ?? options
  const workflow = await readWorkflow(github.origin, event.sha, file)
  if (!starts(workflow, happeningOf(event))) throw new Error(`${file} is not started by ${event.name} ${event.ref}`)

  const head = headOf(event, github.state.repository)
  const run = github.startRun({
    workflow: `.github/workflows/${file}`,
    event: event.name,
    actor,
    ...head,
    ...(before && { id: before.id }),
  })
  const stranger =
    event.name === 'pull_request' && (head.headRepository !== github.state.repository || actor === 'dependabot[bot]')
  const about: About = { ref: event.ref, sha: event.sha, actor, heads: sidesOf(event) }
  const control = new AbortController()
  const going: Going = {
    ...{ world, run, workflow, about, options, stranger },
    secrets: stranger ? {} : { ...secrets, ...options.secrets },
    cancelled: control.signal,
    cancel: () => control.abort(),
  }
  const asked: Omit<Asked, 'dir'> = {
    ...{ workflow: workflow.name, event, actor, env: contextOf(world, run, about) },
    variables: stranger ? {} : { ...github.state.variables, ...options.variables },
  }
  const fresh = () => ({ ...asked, dir: join(world.home, `q${++questions}`) })
  let turn: Awaited<ReturnType<typeof world.groups.enter>> | undefined
  let conclusion: Conclusion = 'failure'
  try {
    const group = await decideRun(workflow.concurrency, fresh())
    turn = group && (await world.groups.enter(group, going.cancel, going.cancelled))
    const jobs = turn === null ? {} : await runJobs(going, fresh, before)
    conclusion = turn === null || going.cancelled.aborted ? 'cancelled' : conclusionOf(Object.values(jobs))
    return { id: run.id, attempt: run.attempt, workflow: file, event, actor, conclusion, jobs }
  } finally {
    github.finishRun(run.id, conclusion)
    turn?.leave()
  }
}
