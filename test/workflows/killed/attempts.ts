import assert from 'node:assert/strict'
import type { Delivery } from '../runner/deliver.ts'
import { linkOf, pids, read } from '../runner/processes.ts'
import { type RunOptions, runWorkflow, type WorkflowRun } from '../runner/run.ts'
import type { World } from '../runner/world.ts'
import { type Case, nameOf } from './cases.ts'

export type Hurt = Pick<RunOptions, 'killAt' | 'cancelAt'>

/** What ends a run's job as a case says; nothing does without one. */
export function hurtBy({ github }: World, hurt: Case | undefined): Hurt {
  if (!hurt) return {}
  const { job, step, how, middle } = hurt
  const { operation, fault } = middle ?? {}
  const moment = { job, step, ...middle?.moment() }
  // For all that may come before it, too: a delay harms nobody.
  if (operation && fault) github.fail(operation, fault, ...(fault.after ? [fault] : []))
  return how === 'killed' ? { killAt: moment } : { cancelAt: moment }
}

/** Of the runs that an event starts, those of each workflow end at the first of its cases. */
export const hurtFirst = (world: World, cases: readonly Case[]): Delivery => ({
  options: (file) =>
    hurtBy(
      world,
      cases.find((each) => each.file === file),
    ),
})

/**
 * Runs a run again and again, each attempt but the last ended at the next of its cases; the first was ended at the first. `each` is told every run, the first as well. Returns
 * the last attempt. Throws where a case did not come to pass, or left a process behind.
 */
export async function attempts(
  world: World,
  first: WorkflowRun | undefined,
  cases: readonly Case[],
  each: (run: WorkflowRun, hurt: Case | undefined) => Promise<void>,
): Promise<WorkflowRun> {
  assert.ok(first, 'nothing was started')
  const mine = cases.filter(({ file }) => file === first.workflow)
  let run = first
  for (let at = 0; ; at++) {
    const hurt = mine[at]
    if (hurt) requireHurt(run, hurt)
    assert.deepEqual(leftIn(world), [], 'processes of jobs that have ended')
    await each(run, hurt)
    if (!hurt) return run
    run = await runWorkflow(world, { rerunFailedOf: run, ...hurtBy(world, mine[at + 1]) })
  }
}

function requireHurt(run: WorkflowRun, hurt: Case): void {
  const job = run.jobs[hurt.job]
  const said = `${nameOf(hurt)}: ${job?.log.slice(-3000)}`
  assert.equal(job?.conclusion, hurt.how === 'killed' ? 'failure' : 'cancelled', said)
  assert.equal(job.steps[hurt.step]?.conclusion, 'cancelled', said)
}

/** Processes that a job's machine began: they have its folder in their environment, command line or place. */
function leftIn({ home }: World): string[] {
  const machine = new RegExp(`${home}/m\\d+/`)
  const signs = (pid: number) => [
    read(`/proc/${pid}/environ`),
    read(`/proc/${pid}/cmdline`),
    linkOf(`/proc/${pid}/cwd`),
  ]
  return pids()
    .filter((pid) => signs(pid).some((sign) => machine.test(sign)))
    .map((pid) => read(`/proc/${pid}/cmdline`))
}
