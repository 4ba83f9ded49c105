import { setTimeout as sleep } from 'node:timers/promises'
import { holdOutputs, writersTo } from './pipes.ts'
import { childrenOf, signal, treeOf } from './processes.ts'

/** How long a step's process may take after each signal (https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation). */
const patience = [
  { name: 'SIGINT', ms: 7500 },
  { name: 'SIGTERM', ms: 2500 },
] as const

/**
 * Cancels a job as a runner does: the process of the running step gets SIGINT, then SIGTERM, then is ended with all below it; then act runs the steps that
 * `always()` run. act itself would kill the process at once, so it hears of it last; and until it has `noticed`, the step's output is held open, or it would take
 * the end of the process for the end of the step and begin the next. With `spared`, the step runs on: its condition holds for a cancelled job, too.
 */
export async function cancelJob(act: number, noticed: Promise<unknown>, spared: boolean): Promise<void> {
  const step = spared ? [] : childrenOf(act)
  if (step.length === 0) return signal(act, 'SIGINT')
  const release = holdOutputs(act)
  for (const { name, ms } of patience) {
    for (const pid of step) signal(pid, name)
    await gone(act, step, ms)
  }
  for (const pid of step.flatMap(treeOf)) signal(pid, 'SIGKILL')
  signal(act, 'SIGINT')
  await noticed
  release()
}

async function gone(act: number, step: readonly number[], ms: number): Promise<void> {
  const given = Date.now() + ms
  while (Date.now() < given && childrenOf(act).some((pid) => step.includes(pid))) await sleep(20)
}

/** How long the runner waits for a step's output to end once the step has (actions/runner, `ProcessInvoker.cs`). */
const drainMs = 10_000

/**
 * Watches that no process which a step left behind holds up the job by the step's output: the runner goes on after ten seconds, act never does. What holds it is
 * ended then. Returns what ends the watch.
 */
export function watchOutputs(act: number, running: () => boolean): () => void {
  let since: number | undefined
  const timer = setInterval(() => {
    const held = running() && childrenOf(act).length === 0
    if (!held) since = undefined
    else if (since === undefined) since = Date.now()
    else if (Date.now() - since >= drainMs) for (const pid of writersTo(act)) signal(pid, 'SIGKILL')
  }, 1000)
  return () => clearInterval(timer)
}
