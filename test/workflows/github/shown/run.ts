import { basename } from 'node:path'
import { ask } from '../git/command.ts'
import type { Job, Run } from '../state.ts'
import { halves, type World } from '../world.ts'
import { shownPullOfRun } from './pull.ts'
import { apiOf, pageOf, repositoryId, shownBriefly } from './repository.ts'
import { idOf, nodeId, shownUser } from './user.ts'

/** `workflow-run`. A fork's run names no pull request (https://github.com/actions/runner/issues/3444). */
export async function shownRun(world: World, run: Run) {
  const { urls, state } = world
  const { id, attempt, workflow, headSha } = run
  const api = `${apiOf(world)}/actions/runs/${id}`
  const pulls = state.pulls.filter(
    ({ owner, branch, state: open }) =>
      open === 'open' && owner === halves(state.repository).owner && branch === run.headBranch,
  )
  const own = run.headRepository === state.repository
  const commit = await shownCommit(world, headSha)
  const addresses = { jobs: '/jobs', logs: '/logs', artifacts: '/artifacts', cancel: '/cancel', rerun: '/rerun' }
  return {
    id,
    name: basename(workflow, '.yml'),
    node_id: nodeId('WorkflowRun', id),
    check_suite_id: id,
    check_suite_node_id: nodeId('CheckSuite', id),
    head_branch: run.headBranch,
    head_sha: headSha,
    path: workflow,
    display_title: commit?.message.split('\n')[0] ?? '',
    run_number: run.number,
    run_attempt: attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: idOf(workflow),
    url: api,
    html_url: `${pageOf(world)}/actions/runs/${id}`,
    pull_requests: own ? pulls.map((pull) => shownPullOfRun(world, pull)) : [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    run_started_at: run.createdAt,
    actor: shownUser(urls, run.actor),
    triggering_actor: shownUser(urls, run.actor),
    referenced_workflows: [],
    ...Object.fromEntries(Object.entries(addresses).map(([name, rest]) => [`${name}_url`, `${api}${rest}`])),
    check_suite_url: `${apiOf(world)}/check-suites/${id}`,
    previous_attempt_url: attempt > 1 ? `${api}/attempts/${attempt - 1}` : null,
    workflow_url: `${apiOf(world)}/actions/workflows/${idOf(workflow)}`,
    head_commit: commit,
    repository: shownBriefly(world),
    head_repository: shownBriefly(world, run.headRepository),
    head_repository_id: repositoryId(run.headRepository),
  }
}

/** `nullable-simple-commit`; null where the repository does not have it. */
async function shownCommit({ origin }: World, sha: string) {
  const known = await ask(origin, ['rev-parse', '--verify', '--quiet', `${sha}^{commit}`])
  if (!known) return null
  const said = await ask(origin, ['log', '-1', '--format=%T%n%aI%n%an%n%ae%n%cn%n%ce%n%B', sha])
  const [tree = '', at = '', name = '', email = '', committer = '', address = '', ...message] = (said ?? '').split('\n')
  return {
    id: sha,
    tree_id: tree,
    message: message.join('\n').trim(),
    timestamp: at,
    author: { name, email },
    committer: { name: committer, email: address },
  }
}

/** `job` */
export function shownJob(world: World, job: Job) {
  const { id, runId, attempt, name, status, conclusion, startedAt, completedAt } = job
  const run = world.state.runs.find((each) => each.id === runId && each.attempt === attempt)
  return {
    id,
    run_id: runId,
    run_url: `${apiOf(world)}/actions/runs/${runId}`,
    run_attempt: attempt,
    node_id: nodeId('CheckRun', id),
    head_sha: run?.headSha ?? '',
    url: `${apiOf(world)}/actions/jobs/${id}`,
    html_url: `${pageOf(world)}/actions/runs/${runId}/job/${id}`,
    ...{ status, conclusion, name, created_at: startedAt, started_at: startedAt, completed_at: completedAt },
    steps: [],
    check_run_url: `${apiOf(world)}/check-runs/${id}`,
    labels: ['ubuntu-24.04'],
    ...{ runner_id: 1, runner_name: 'GitHub Actions 1', runner_group_id: 0, runner_group_name: 'GitHub Actions' },
    workflow_name: run ? basename(run.workflow, '.yml') : null,
    head_branch: run?.headBranch ?? null,
  }
}

/** `workflow` */
export function shownWorkflow(world: World, path: string) {
  const id = idOf(path)
  return {
    id,
    node_id: nodeId('Workflow', id),
    name: basename(path, '.yml'),
    path,
    state: 'active',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    url: `${apiOf(world)}/actions/workflows/${id}`,
    html_url: `${pageOf(world)}/blob/main/${path}`,
    badge_url: `${pageOf(world)}/workflows/${basename(path, '.yml')}/badge.svg`,
  }
}
