import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import type { Logged } from '../github/state.ts'
import { type Call, type Entry, startAct } from './act.ts'
import { heard } from './ask.ts'
import { cancelJob, watchOutputs } from './cancel.ts'
import { outputsJob } from './derive.ts'
import { type Conclusion, openLog } from './log.ts'
import { endMachine, signal } from './processes.ts'
import { watchRequests } from './requests.ts'
import type { StepFile } from './workflow.ts'

/**
 * When something happens to a job: as a step begins, named by id, name, `uses` or number; with `when`, once the step's log has this; with `asks`, once GitHub has
 * this request while the step runs.
 */
export type Moment = {
  readonly step: string | number
  readonly when?: RegExp
  readonly asks?: (request: Logged) => boolean
}

/** What a runner is to do. Its folder is made, and removed with all that ran on it. */
export type Work = {
  readonly dir: string
  readonly job: string
  readonly steps: readonly StepFile[]
  readonly call: (dir: string, mark: string) => Omit<Call, 'dir' | 'job'>
  readonly timeoutMs: number
  /** The job is cancelled. */
  readonly cancelled: AbortSignal
  readonly cancelAt: Moment | undefined
  /** Told at `cancelAt`; whoever hears it cancels. */
  readonly cancel: () => void
  readonly killAt: Moment | undefined
  /** What GitHub was asked so far, by anybody; it grows. */
  readonly requests: readonly Logged[]
}

/** Runs a job on a machine of its own: the step's processes end with it, whatever they began. Throws with act's words where the job could not begin. */
export async function runOnMachine({ dir, job, steps, call, timeoutMs, cancelled, ...on }: Work) {
  const mark = `github_${randomUUID()}`
  const log = openLog(steps)
  let outputs: { readonly [name: string]: string } = {}
  let unserved = ''
  let [killed, cut] = [false, undefined as string | undefined]
  await mkdir(dir, { recursive: true })
  const begin = performance.now()
  const noticed = Promise.withResolvers<void>()
  const { child, ended } = await startAct({ ...call(dir, mark), dir, job: outputsJob }, (entry) => {
    if (entry.jobID === outputsJob) outputs = JSON.parse(heard(entry) ?? 'null') ?? outputs
    if (entry.jobID !== job) return
    if (/Skipping unsupported platform/.test(entry.msg)) unserved = entry.msg
    if (entry.msg.startsWith('Result condition keepStepRunning')) noticed.resolve()
    const begun = log.take(entry)
    happen((moment) => reached(moment, begun, entry))
  })
  const act = child.pid
  if (act === undefined) throw new Error(`job ${job}: act could not be started`)

  const kill = () => {
    killed = true
    cut ??= log.running()
    signal(act, 'SIGKILL')
    void endMachine(dir, mark)
  }
  let stopping: Promise<void> | undefined
  void ended.finally(() => noticed.resolve()).catch(() => {})
  const stop = () => {
    if (killed || stopping) return
    const running = steps.find(({ id }) => id === log.running())
    const spared = /\balways\s*\(|(?<!!\s*)\bcancelled\s*\(/.test(running?.condition ?? '')
    if (!spared) cut = running?.id
    stopping = cancelJob(act, noticed.promise, spared)
  }
  function happen(now: (moment: Moment) => boolean): void {
    if (killed || stopping) return
    if (on.killAt && now(on.killAt)) kill()
    else if (on.cancelAt && now(on.cancelAt)) on.cancel()
  }
  const unheard = watchRequests(on.requests, (request) =>
    happen((moment) => moment.asks !== undefined && log.running() === stepOf(moment) && moment.asks(request)),
  )
  const unwatch = watchOutputs(act, () => log.running() !== undefined)
  const timer = setTimeout(stop, timeoutMs)
  cancelled.addEventListener('abort', stop, { once: true })
  if (cancelled.aborted) stop()

  /** Whether the log is where something is to happen. */
  function reached(moment: Moment, begun: string | undefined, entry: Entry): boolean {
    const id = stepOf(moment)
    if (moment.asks) return false
    if (!moment.when) return begun === id
    return log.running() === id && entry.raw_output === true && moment.when.test(entry.msg)
  }
  function stepOf({ step }: Moment): string {
    const at = steps.findIndex(({ id, name, uses }) => [id, name, uses].includes(String(step)))
    const id = (typeof step === 'number' ? steps[step] : steps[at])?.id
    if (id === undefined) throw new Error(`job ${job} has no step ${step}`)
    return id
  }

  try {
    const { said } = await ended
    await stopping
    const ms = Math.round(performance.now() - begin)
    const result = log.result()
    if (unserved) throw new Error(`job ${job}: GitHub has no runner for its \`runs-on\`: ${unserved}`)
    if (!result && !killed && !stopping) throw new Error(`job ${job}: act could not run it: ${said}`)
    const conclusion: Conclusion = killed ? 'failure' : stopping ? 'cancelled' : (result as Conclusion)
    return { conclusion, outputs, steps: log.steps(cut), log, ms }
  } finally {
    clearTimeout(timer)
    unheard()
    unwatch()
    cancelled.removeEventListener('abort', stop)
    await endMachine(dir, mark)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}
