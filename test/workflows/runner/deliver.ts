import { type Event, eventOf, happeningOf, workflowRunEvent } from './event.ts'
import { type RunOptions, runWorkflow, type WorkflowRun } from './run.ts'
import { starts } from './starts.ts'
import { readWorkflow, workflowFiles } from './workflow.ts'
import type { World } from './world.ts'

/** How runs of a workflow go, where it matters. */
export type Delivery = {
  /** The workflows to run; without it all that are started. */
  readonly only?: readonly string[]
  /** Those not to run: the template's own checks take minutes. */
  readonly except?: readonly string[]
  readonly options?: (workflow: string) => Partial<Pick<RunOptions, 'approve' | 'cancelAt' | 'killAt'>>
}

/**
 * Delivers what happened to the repository since the last time: every workflow that each event starts is run, all at once, and then those that wait for their end
 * (`workflow_run`). Returns the runs in the order of their events.
 */
export async function deliver(world: World, delivery: Delivery = {}): Promise<readonly WorkflowRun[]> {
  const { events } = world.github.state
  const fresh = events.slice(world.delivered.count)
  world.delivered.count = events.length
  const known = (await Promise.all(fresh.map((happened) => eventOf(world, happened)))).filter((event) => event !== null)
  return (await Promise.all(known.map((event) => deliverOne(world, event, delivery)))).flat()
}

/** Runs the workflows that one event starts, and those that wait for their end. */
export async function deliverOne(world: World, event: Event, delivery: Delivery = {}): Promise<readonly WorkflowRun[]> {
  const { origin, state } = world.github
  const { only, except = [], options } = delivery
  const files = (await workflowFiles(origin, event.sha)).filter(
    (file) => (only?.includes(file) ?? true) && !except.includes(file),
  )
  const workflows = await Promise.all(files.map((file) => readWorkflow(origin, event.sha, file)))
  const started = workflows.filter((workflow) => starts(workflow, happeningOf(event)))
  const runs = started.map(async ({ file }) => {
    const run = await runWorkflow(world, { workflow: file, event, ...options?.(file) })
    const ended = state.runs.findLast(({ id }) => id === run.id)
    return [run, ...(ended ? await deliverOne(world, await workflowRunEvent(world, ended), delivery) : [])]
  })
  return (await Promise.all(runs)).flat()
}
