import type { Asked } from './ask.ts'
import { decide } from './decide.ts'
import type { Needs, Result, Status } from './expressions.ts'
import { type Begun, type JobRun, record, runJob, without } from './job.ts'
import type { Conclusion } from './log.ts'
import { nameOf } from './matrix.ts'
import type { Going, WorkflowRun } from './run.ts'
import type { JobFile } from './workflow.ts'

type Ended = { readonly [key: string]: JobRun }

/** Runs the jobs of a run, each as soon as those that it needs have ended. With an earlier attempt, what went well there and hangs on nothing that did not is kept. */
export async function runJobs(going: Going, asked: () => Asked, before: WorkflowRun | undefined): Promise<Ended> {
  const { jobs } = going.workflow
  const ends = new Map<string, Promise<{ readonly ended: Ended; readonly kept: boolean }>>()
  const end = (id: string) => {
    const job = jobs[id]
    if (!job) throw new Error(`${going.workflow.file}: there is no job ${id}`)
    const known = ends.get(id) ?? settle(job)
    ends.set(id, known)
    return known
  }
  const settle = async (job: JobFile) => {
    const needed = await Promise.all(job.needs.map(end))
    const earlier = earlierOf(job.id, before)
    if (
      earlier.length > 0 &&
      needed.every(({ kept }) => kept) &&
      earlier.every(([, { conclusion }]) => well.has(conclusion))
    ) {
      for (const [, { name, conclusion }] of earlier) record(going, name, conclusion)
      return { ended: Object.fromEntries(earlier), kept: true }
    }
    const all = await ancestors(job, jobs, end)
    return { ended: await runOne(going, asked, job, all), kept: false }
  }
  const settled = await Promise.allSettled(Object.keys(jobs).map(end))
  const failed = settled.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
  return Object.assign({}, ...settled.map((each) => (each.status === 'fulfilled' ? each.value.ended : {})))
}

const well: ReadonlySet<string> = new Set(['success', 'skipped'])

/** What became of a job in an earlier attempt, one entry for each combination of its matrix. */
const earlierOf = (id: string, before: WorkflowRun | undefined) =>
  Object.entries(before?.jobs ?? {}).filter(([key]) => key === id || key.startsWith(`${id} (`))

/** The run's own conclusion. */
export function conclusionOf(jobs: readonly JobRun[]): Conclusion {
  const said = new Set(jobs.map(({ conclusion }) => conclusion))
  if (said.has('failure')) return 'failure'
  return said.has('cancelled') ? 'cancelled' : said.has('success') ? 'success' : 'skipped'
}

/** What a job needs, and what those needed: the status functions are about all of them. */
async function ancestors(
  job: JobFile,
  jobs: Going['workflow']['jobs'],
  end: (id: string) => Promise<{ readonly ended: Ended }>,
) {
  const results: { [id: string]: { result: Result; outputs: { readonly [name: string]: string } } } = {}
  for (const todo = [...job.needs]; todo.length > 0; ) {
    const id = todo.shift() ?? ''
    if (results[id]) continue
    const runs = Object.values((await end(id)).ended)
    results[id] = { result: conclusionOf(runs), outputs: Object.assign({}, ...runs.map(({ outputs }) => outputs)) }
    todo.push(...(jobs[id]?.needs ?? []))
  }
  return results
}

async function runOne(going: Going, asked: () => Asked, job: JobFile, all: Needs): Promise<Ended> {
  const results = Object.values(all).map(({ result }) => result)
  const status: Status = {
    success: results.every((result) => result === 'success') && !going.cancelled.aborted,
    failure: results.includes('failure'),
    cancelled: going.cancelled.aborted,
  }
  const needs: Needs = Object.fromEntries(job.needs.map((id) => [id, all[id] ?? { result: 'skipped', outputs: {} }]))
  const decision = await decide(job, needs, status, asked())
  if (!decision) {
    record(going, job.name, 'skipped')
    return { [job.id]: without(job.name, 'skipped') }
  }
  const failing = new AbortController()
  // A job whose condition holds for a cancelled run, too, is not cancelled with it.
  const given = status.cancelled ? failing.signal : AbortSignal.any([going.cancelled, failing.signal])
  const runs = decision.combinations.map(async (combination) => {
    const key = nameOf(job.id, combination)
    const name = nameOf(decision.name, combination)
    const begun = { job, key, name, decision, needs, combination, cancelled: given }
    const run = await inTurn(
      going,
      begun,
      () => failing.abort(),
      () => runJob(going, asked(), begun),
    )
    if (run.conclusion === 'failure' && decision.failFast && decision.combinations.length > 1) failing.abort()
    return [key, run] as const
  })
  return Object.fromEntries(await Promise.all(runs))
}

/** Waits for the job's concurrency group; one that loses its place there is cancelled. */
async function inTurn(
  going: Going,
  { name, decision, cancelled }: Begun,
  cancel: () => void,
  run: () => Promise<JobRun>,
) {
  const { group } = decision
  const turn = group && !cancelled.aborted ? await going.world.groups.enter(group, cancel, cancelled) : undefined
  try {
    if (turn !== null && !cancelled.aborted) return await run()
    record(going, name, 'cancelled')
    return without(name, 'cancelled')
  } finally {
    turn?.leave()
  }
}
