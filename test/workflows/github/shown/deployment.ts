import type { Approval, Check, Deployment, DeploymentStatus, Environment } from '../state.ts'
import type { World } from '../world.ts'
import { apiOf, pageOf } from './repository.ts'
import { nodeId, shownActions, shownUser } from './user.ts'

/** `deployment` */
export function shownDeployment(world: World, deployment: Deployment) {
  const { id, sha, ref, task, payload, environment, description, creator, createdAt } = deployment
  const url = `${apiOf(world)}/deployments/${id}`
  return {
    url,
    id,
    node_id: nodeId('Deployment', id),
    ...{ sha, ref, task, payload, environment, original_environment: environment, description },
    creator: shownUser(world.urls, creator),
    created_at: createdAt,
    updated_at: createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: apiOf(world),
    transient_environment: false,
    production_environment: environment === 'production',
    performed_via_github_app: null,
  }
}

/** `deployment-status` */
export function shownStatus(world: World, { id: of, environment }: Deployment, status: DeploymentStatus) {
  const { id, state, description, logUrl, environmentUrl, creator, createdAt } = status
  const deployment = `${apiOf(world)}/deployments/${of}`
  const log = logUrl || `${pageOf(world)}/deployments`
  return {
    url: `${deployment}/statuses/${id}`,
    id,
    node_id: nodeId('DeploymentStatus', id),
    ...{ state, description, environment, target_url: log, log_url: log },
    ...(environmentUrl ? { environment_url: environmentUrl } : {}),
    creator: shownUser(world.urls, creator),
    created_at: createdAt,
    updated_at: createdAt,
    deployment_url: deployment,
    repository_url: apiOf(world),
    performed_via_github_app: null,
  }
}

/** `environment` */
export function shownEnvironment(world: World, { id, name, reviewers }: Environment) {
  const people = reviewers.map((login) => ({ type: 'User', reviewer: shownUser(world.urls, login) }))
  const rule = { id: id + 1, node_id: nodeId('Gate', id), type: 'required_reviewers', prevent_self_review: false }
  return {
    ...briefly(world, { id, name, reviewers }),
    protection_rules: people.length > 0 ? [{ ...rule, reviewers: people }] : [],
    deployment_branch_policy: null,
  }
}

function briefly(world: World, { id, name }: Environment) {
  return {
    id,
    node_id: nodeId('Environment', id),
    name,
    url: `${apiOf(world)}/environments/${encodeURIComponent(name)}`,
    html_url: `${pageOf(world)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  }
}

/** `environment-approvals` */
export function shownApproval(world: World, { environment, state, by, comment }: Approval) {
  const environments = world.state.environments.filter(({ name }) => name === environment)
  return {
    environments: environments.map((each) => briefly(world, each)),
    state,
    user: shownUser(world.urls, by),
    comment,
  }
}

/** `check-run` */
export function shownCheck(world: World, check: Check) {
  const { id, sha, name, status, conclusion, title, summary, startedAt, completedAt } = check
  const url = `${apiOf(world)}/check-runs/${id}`
  return {
    id,
    head_sha: sha,
    node_id: nodeId('CheckRun', id),
    external_id: '',
    url,
    html_url: `${pageOf(world)}/runs/${id}`,
    details_url: `${pageOf(world)}/runs/${id}`,
    ...{ status, conclusion, name, started_at: startedAt, completed_at: completedAt },
    output: { title, summary, text: null, annotations_count: 0, annotations_url: `${url}/annotations` },
    check_suite: { id: 1 },
    app: shownActions(world.urls),
    pull_requests: [],
  }
}
