import type { Holder } from '../../pipeline/release/holder.ts'
import type { GitHub } from './github.ts'
import { say } from './log.ts'
import { refusal } from './refusal.ts'
import type { Runner } from './runner.ts'

/**
 * The run of a workflow as the holder of a rollout, `github:<run id>:<attempt>`: it is alive until GitHub calls that attempt completed. Undefined outside a run. Where GitHub cannot
 * be asked, or does not tell this job, it is not known, and the environment's deadline decides.
 */
export function runHolder({ github }: Runner, connect: () => Promise<GitHub>): Holder | undefined {
  const { runId, attempt, repository } = github
  if (runId === 0 || repository === '') return undefined
  return {
    name: `github:${runId}:${attempt}`,
    alive: async (name) => {
      const [, run_id, attempt_number] = (/^github:(\d{1,15}):(\d{1,6})$/.exec(name) ?? []).map(Number)
      if (!run_id || !attempt_number) return undefined
      try {
        const status = await statusOf(await connect(), { run_id, attempt_number })
        return status !== undefined && status !== 'completed'
      } catch (error) {
        say(`GitHub does not tell whether ${name} still works: ${(error as Error).message}`)
        return undefined
      }
    },
    asks: async (request) => {
      const [, run_id] = (/^github-(\d{1,15})$/.exec(request) ?? []).map(Number)
      if (!run_id) return undefined
      try {
        const { octokit, repository: of } = await connect()
        const found = await octokit.rest.actions.getWorkflowRun({ ...of, run_id }).catch(refusal)
        if ('refused' in found) return found.refused.startsWith('404') ? false : undefined
        return found.data.status !== 'completed'
      } catch (error) {
        say(`GitHub does not tell whether the run of ${request} still works: ${(error as Error).message}`)
        return undefined
      }
    },
  }
}

/** Undefined where GitHub has no such run any more. */
async function statusOf({ octokit, repository }: GitHub, attempt: { run_id: number; attempt_number: number }) {
  const found = await octokit.rest.actions.getWorkflowRunAttempt({ ...repository, ...attempt }).catch(refusal)
  if (!('refused' in found)) return found.data.status ?? 'unknown'
  if (found.refused.startsWith('404')) return undefined
  throw new Error(`${found.refused}; the job needs the permission actions: read`)
}
