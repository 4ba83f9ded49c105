import { shownApproval } from '../shown/deployment.ts'
import { shownJob, shownRun, shownWorkflow } from '../shown/run.ts'
import { idOf } from '../shown/user.ts'
import type { Run } from '../state.ts'
import type { World } from '../world.ts'
import { isWithin } from './dates.ts'
import { type Call, found, notFound, paged, type Route } from './route.ts'

const runs = '/repos/{owner}/{repo}/actions/runs'
const workflows = '/repos/{owner}/{repo}/actions/workflows'
const needs = [['actions', 'read']] as const

/** Runs of workflows, their attempts, jobs and approvals. */
export const runRoutes: readonly Route[] = [
  { operation: `GET ${runs}`, needs, answer: (call) => listed(call, latest(call.world)) },
  {
    operation: `GET ${runs}/{run_id}`,
    needs,
    answer: ({ world, params }) => found(runOf(world, params['run_id']), (run) => shownRun(world, run)),
  },
  {
    operation: `GET ${runs}/{run_id}/attempts/{attempt_number}`,
    needs,
    answer: ({ world, params }) =>
      found(
        world.state.runs.find(
          ({ id, attempt }) => id === Number(params['run_id']) && attempt === Number(params['attempt_number']),
        ),
        (run) => shownRun(world, run),
      ),
  },
  {
    operation: `GET ${runs}/{run_id}/jobs`,
    needs,
    answer(call) {
      const run = runOf(call.world, call.params['run_id'])
      return run ? jobs(call, run, call.query['filter'] === 'all') : notFound
    },
  },
  {
    operation: `GET ${runs}/{run_id}/attempts/{attempt_number}/jobs`,
    needs,
    answer(call) {
      const attempts = call.world.state.runs.filter(({ id }) => id === Number(call.params['run_id']))
      const run = attempts.find(({ attempt }) => attempt === Number(call.params['attempt_number']))
      return run ? jobs(call, run, false) : notFound
    },
  },
  {
    operation: `GET ${runs}/{run_id}/approvals`,
    needs,
    answer: ({ world, params }) => ({
      body: world.state.approvals
        .filter(({ runId }) => runId === Number(params['run_id']))
        .map((approval) => shownApproval(world, approval)),
    }),
  },
  {
    operation: `GET ${workflows}/{workflow_id}`,
    needs,
    answer: ({ world, params }) =>
      found(workflowOf(world, params['workflow_id']), (path) => shownWorkflow(world, path)),
  },
  {
    operation: `GET ${workflows}/{workflow_id}/runs`,
    needs,
    answer(call) {
      const path = workflowOf(call.world, call.params['workflow_id'])
      const own = latest(call.world).filter(({ workflow }) => workflow === path)
      return path ? listed(call, own) : notFound
    },
  },
]

/** The latest attempt of each run, newest first. */
const latest = ({ state: { runs: all } }: World): Run[] =>
  all.filter((run, index) => all.findLastIndex(({ id }) => id === run.id) === index).toSorted((a, b) => b.id - a.id)

const runOf = ({ state }: World, id = '') => state.runs.findLast((run) => run.id === Number(id))

/** A workflow by its id or its file's name. Only workflows that ran are known. */
function workflowOf({ state }: World, wanted = ''): string | undefined {
  const paths = state.runs.map(({ workflow }) => workflow)
  return paths.find((path) => path === `.github/workflows/${wanted}` || String(idOf(path)) === wanted)
}

function listed(call: Call, all: readonly Run[]) {
  const { branch, event, status, head_sha, actor, created } = call.query
  const wanted = all.filter(
    (run) =>
      (!branch || run.headBranch === branch) &&
      (!event || run.event === event) &&
      (!status || run.status === status || run.conclusion === status) &&
      (!head_sha || run.headSha === head_sha) &&
      (!actor || run.actor === actor) &&
      (!created || isWithin(run.createdAt, created)),
  )
  return paged(
    call,
    wanted,
    (run) => shownRun(call.world, run),
    (workflow_runs, total_count) => ({ total_count, workflow_runs }),
  )
}

function jobs(call: Call, { id, attempt }: Run, all: boolean) {
  const wanted = call.world.state.jobs.filter((job) => job.runId === id && (all || job.attempt === attempt))
  return paged(
    call,
    wanted,
    (job) => shownJob(call.world, job),
    (list, total_count) => ({ total_count, jobs: list }),
  )
}
