import { ask } from '../git/command.ts'
import { shownCheck } from '../shown/deployment.ts'
import { type Check, nextId, now, type State } from '../state.ts'
import { type Body, found, invalid, notFound, paged, type Route } from './route.ts'

const checks = '/repos/{owner}/{repo}/check-runs'
const [reads, writes] = [[['checks', 'read']] as const, [['checks', 'write']] as const]

/** Check runs: jobs are some by themselves, others are made here. */
export const checkRoutes: readonly Route[] = [
  {
    operation: `POST ${checks}`,
    needs: writes,
    async answer({ world, body }) {
      if (!(await ask(world.origin, ['rev-parse', '--verify', '--quiet', `${body.head_sha}^{commit}`])))
        return invalid('CheckRun', 'head_sha', 'custom', `No commit found for SHA: ${body.head_sha}`)
      const blank = {
        name: '',
        status: 'queued',
        conclusion: null,
        title: null,
        summary: null,
        completedAt: null,
      } as const
      const check: Check = { id: nextId(world.state), sha: body.head_sha, startedAt: now(), ...blank }
      world.state.checks.push(Object.assign(check, changes(body)))
      return { status: 201, body: shownCheck(world, check) }
    },
  },
  {
    operation: `PATCH ${checks}/{check_run_id}`,
    needs: writes,
    answer({ world, params, body }) {
      const check = world.state.checks.find(({ id }) => id === Number(params['check_run_id']))
      if (!check) return notFound
      return { body: shownCheck(world, Object.assign(check, changes(body))) }
    },
  },
  {
    operation: `GET ${checks}/{check_run_id}`,
    needs: reads,
    answer: ({ world, params }) =>
      found(
        all(world.state).find(({ id }) => id === Number(params['check_run_id'])),
        (check) => shownCheck(world, check),
      ),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    needs: reads,
    async answer(call) {
      const { world, params, query } = call
      const sha = await ask(world.origin, ['rev-parse', '--verify', '--quiet', `${params['ref']}^{commit}`])
      const wanted = all(world.state)
        .filter((check) => check.sha === sha)
        .filter(({ name }) => !query['check_name'] || name === query['check_name'])
        .filter(({ status }) => !query['status'] || status === query['status'])
      return paged(
        call,
        wanted,
        (check) => shownCheck(world, check),
        (check_runs, total_count) => ({ total_count, check_runs }),
      )
    },
  },
]

/** A conclusion ends a check. */
function changes({ name, status, conclusion, output }: Body) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    ...(conclusion === undefined ? {} : { conclusion, status: 'completed', completedAt: now() }),
    ...(output === undefined ? {} : { title: output.title ?? null, summary: output.summary }),
  }
}

function all({ checks: made, jobs, runs }: State): Check[] {
  const own = jobs.map((job) => {
    const sha = runs.find(({ id, attempt }) => id === job.runId && attempt === job.attempt)?.headSha ?? ''
    return { ...job, sha, title: null, summary: null }
  })
  return [...made, ...own]
}
