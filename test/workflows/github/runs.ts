import { nextId, now, type Run } from './state.ts'
import type { World } from './world.ts'

/** A run to begin; with the `id` of an earlier one it is that run's next attempt. */
export type RunOf = {
  readonly workflow: string
  readonly event: string
  readonly headSha: string
  readonly headBranch: string
  readonly headRepository?: string
  readonly actor?: string
  readonly attempt?: number
  readonly id?: number
}

/** Begins a run of a workflow, or another attempt of one. */
export function startRun({ state }: World, run: RunOf): Run {
  const { workflow, event, headSha, headBranch, headRepository = state.repository, actor = 'ada' } = run
  const before = state.runs.findLast(({ id }) => id === run.id)
  const made: Run = {
    id: run.id ?? nextId(state),
    attempt: run.attempt ?? (before?.attempt ?? 0) + 1,
    number:
      before?.number ?? new Set(state.runs.filter((each) => each.workflow === workflow).map(({ id }) => id)).size + 1,
    ...{ workflow, event, headSha, headBranch, headRepository, actor },
    createdAt: before?.createdAt ?? now(),
    status: 'in_progress',
    conclusion: null,
    updatedAt: now(),
  }
  state.runs.push(made)
  return made
}

/** Ends a run's latest attempt: what jobs still ran end with it, and so do its tokens. Throws for an unknown run. */
export function finishRun({ state, credentials }: World, id: number, conclusion: string): void {
  const run = state.runs.findLast((each) => each.id === id)
  if (!run) throw new Error(`there is no run ${id}`)
  Object.assign(run, { status: 'completed', conclusion, updatedAt: now() })
  for (const job of state.jobs.filter(({ runId, status }) => runId === id && status !== 'completed'))
    Object.assign(job, { status: 'completed', conclusion, completedAt: now() })
  credentials.end(id)
}

/** Ends one job of a run's latest attempt, by its name. Throws where it does not run. */
export function finishJob({ state }: World, runId: number, name: string, conclusion: string): void {
  const job = state.jobs.findLast((each) => each.runId === runId && each.name === name && each.status !== 'completed')
  if (!job) throw new Error(`run ${runId} has no job ${name} that runs`)
  Object.assign(job, { status: 'completed', conclusion, completedAt: now() })
}
