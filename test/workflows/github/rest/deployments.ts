import { loginOf } from '../credentials.ts'
import { changeDeployment, startDeployment } from '../deployments.ts'
import { ask } from '../git/command.ts'
import { shownDeployment, shownEnvironment, shownStatus } from '../shown/deployment.ts'
import type { State } from '../state.ts'
import { found, notFound, paged, type Route, refuse } from './route.ts'

const deployments = '/repos/{owner}/{repo}/deployments'
const environments = '/repos/{owner}/{repo}/environments'
const [reads, writes] = [[['deployments', 'read']] as const, [['deployments', 'write']] as const]

/** Deployments and the environments that they go to. */
export const deploymentRoutes: readonly Route[] = [
  {
    operation: `GET ${deployments}`,
    needs: reads,
    answer(call) {
      const { sha, ref, task, environment } = call.query
      const wanted = call.world.state.deployments.filter(
        (each) =>
          (!sha || each.sha === sha) &&
          (!ref || each.ref === ref) &&
          (!task || each.task === task) &&
          (!environment || each.environment === environment),
      )
      return paged(call, wanted.toReversed(), (deployment) => shownDeployment(call.world, deployment))
    },
  },
  {
    operation: `GET ${deployments}/{deployment_id}`,
    needs: reads,
    answer: ({ world, params }) =>
      found(deploymentOf(world.state, params['deployment_id']), (deployment) => shownDeployment(world, deployment)),
  },
  {
    operation: `POST ${deployments}`,
    needs: writes,
    async answer({ world, who, body }) {
      const { ref, task, environment = 'production', payload, description } = body
      const sha = await ask(world.origin, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
      if (!sha) return refuse(422, `No ref found for: ${ref}`)
      const more = { task, payload, description, creator: loginOf(who) }
      return { status: 201, body: shownDeployment(world, startDeployment(world, { environment, ref, sha, ...more })) }
    },
  },
  {
    operation: `GET ${deployments}/{deployment_id}/statuses`,
    needs: reads,
    answer(call) {
      const deployment = deploymentOf(call.world.state, call.params['deployment_id'])
      if (!deployment) return notFound
      return paged(call, deployment.statuses.toReversed(), (status) => shownStatus(call.world, deployment, status))
    },
  },
  {
    operation: `POST ${deployments}/{deployment_id}/statuses`,
    needs: writes,
    answer({ world, who, params, body }) {
      const deployment = deploymentOf(world.state, params['deployment_id'])
      if (!deployment) return notFound
      const { state, description, environment_url: environmentUrl } = body
      const more = { description, logUrl: body.log_url ?? body.target_url, environmentUrl, creator: loginOf(who) }
      const status = changeDeployment(world, deployment.id, state, {
        ...more,
        keepOthers: body.auto_inactive === false,
      })
      return { status: 201, body: shownStatus(world, deployment, status) }
    },
  },
  {
    operation: `GET ${environments}`,
    needs: [['actions', 'read']],
    answer: (call) =>
      paged(
        call,
        call.world.state.environments,
        (each) => shownEnvironment(call.world, each),
        (list, total_count) => ({ total_count, environments: list }),
      ),
  },
  {
    operation: `GET ${environments}/{environment_name}`,
    needs: [['actions', 'read']],
    answer: ({ world, params }) =>
      found(
        world.state.environments.find(({ name }) => name === params['environment_name']),
        (environment) => shownEnvironment(world, environment),
      ),
  },
]

const deploymentOf = ({ deployments: all }: State, id = '') => all.find((deployment) => deployment.id === Number(id))
