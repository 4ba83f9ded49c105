import type { Run } from '../github/state.ts'
import type { World } from './world.ts'

/** Whether somebody lets a job into an environment. */
export type Approve = (environment: string) => boolean | Promise<boolean>

/**
 * Records the deployment that GitHub makes for a job with an environment, and asks who must approve it, where the test says that somebody must. Throws where an
 * environment has reviewers and the test does not say what they do.
 */
export async function openEnvironment(
  { github, pages }: World,
  run: Run,
  { name, sha }: { readonly name: string; readonly sha: string },
  approve: Approve | undefined,
) {
  const [reviewer] = github.state.environments.find((each) => each.name === name)?.reviewers ?? []
  if (reviewer && !approve) throw new Error(`the environment ${name} has reviewers: say what they do, by \`approve\``)
  const { id } = github.startDeployment({ environment: name, sha, ref: run.headBranch })
  const logUrl = `${pages}/actions/runs/${run.id}`
  const approved = approve ? await asked(approve) : true
  github.changeDeployment(id, approved ? 'in_progress' : 'failure', { logUrl })

  async function asked(someone: Approve): Promise<boolean> {
    github.changeDeployment(id, 'waiting', { logUrl })
    run.status = 'waiting'
    const yes = await someone(name)
    run.status = 'in_progress'
    const by = reviewer ?? 'grace'
    github.state.approvals.push({
      runId: run.id,
      environment: name,
      state: yes ? 'approved' : 'rejected',
      by,
      comment: '',
    })
    return yes
  }

  return {
    approved,
    /** The job has ended; `url` is where the environment is then. */
    close(success: boolean, url: string): void {
      github.changeDeployment(id, success ? 'success' : 'failure', { logUrl, environmentUrl: url })
    },
  }
}
