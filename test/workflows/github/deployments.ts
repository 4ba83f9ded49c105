import { type Deployment, type DeploymentStatus, nextId, now } from './state.ts'
import type { World } from './world.ts'

/** A deployment to begin, as GitHub begins one for a job with `environment:`. */
export type DeploymentOf = {
  readonly environment: string
  readonly ref: string
  readonly sha: string
  readonly task?: string | undefined
  readonly description?: string | undefined
  readonly payload?: unknown
  readonly creator?: string | undefined
}

/** Begins a deployment; an environment that there was none of is made by it. */
export function startDeployment({ state }: World, deployment: DeploymentOf): Deployment {
  const { environment, ref, sha, task = 'deploy', description = null, payload = {} } = deployment
  if (!state.environments.some(({ name }) => name === environment))
    state.environments.push({ id: nextId(state), name: environment, reviewers: [] })
  const creator = deployment.creator ?? 'github-actions[bot]'
  const made = {
    id: nextId(state),
    environment,
    sha,
    ref,
    task,
    description,
    payload,
    creator,
    createdAt: now(),
    statuses: [],
  }
  state.deployments.push(made)
  return made
}

export type StatusOf = {
  readonly description?: string | undefined
  readonly logUrl?: string | undefined
  readonly environmentUrl?: string | undefined
  readonly creator?: string | undefined
  readonly keepOthers?: boolean
}

/**
 * Adds a status to a deployment (`in_progress`, `success`, `failure`, …). A success makes earlier ones of the environment inactive, unless `keepOthers`
 * (https://docs.github.com/rest/deployments/statuses#create-a-deployment-status). Throws for an unknown deployment.
 */
export function changeDeployment({ state }: World, id: number, to: string, of: StatusOf = {}): DeploymentStatus {
  const deployment = state.deployments.find((each) => each.id === id)
  if (!deployment) throw new Error(`there is no deployment ${id}`)
  const { description = '', logUrl = '', environmentUrl = '', creator = 'github-actions[bot]', keepOthers = false } = of
  const status = (name: string) => {
    return { id: nextId(state), state: name, description, logUrl, environmentUrl, creator, createdAt: now() }
  }
  const before = state.deployments.filter(
    (each) => each.environment === deployment.environment && each.id < id && each.statuses.at(-1)?.state === 'success',
  )
  if (to === 'success' && !keepOthers) for (const each of before) each.statuses.push(status('inactive'))
  const made = status(to)
  deployment.statuses.push(made)
  return made
}
