import { RefusedError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'
import { refusal } from './refusal.ts'

type Asked = { readonly runId: number; readonly environment: string; readonly required: boolean }

/**
 * Who let a run into an environment, as a clause, by GitHub's own record of its reviews (https://docs.github.com/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run).
 * Below GitHub Enterprise a private repository's environment has no reviewers: then nobody did, which is said. Throws RefusedError where an approval is required and none is known.
 */
export async function approvalOf(github: GitHub, { runId, environment, required }: Asked): Promise<string> {
  const { octokit, repository } = github
  const found = await octokit.rest.actions.getReviewsForRun({ ...repository, run_id: runId }).catch(refusal)
  const told = 'refused' in found ? [] : found.data
  const approved = told.filter(
    ({ state, environments }) => state === 'approved' && environments.some(({ name }) => name === environment),
  )
  if (approved.length > 0) return `by ${[...new Set(approved.map(({ user }) => user?.login ?? 'ghost'))].join(', ')}`
  const why =
    'refused' in found
      ? `not known: GitHub says ${found.refused} (the job needs the permission actions: read)`
      : `by nobody: the environment ${environment} asks for no review`
  if (!required) return why
  throw new RefusedError(
    `the release is approved ${why}, and an approval is required (REQUIRE_APPROVAL); give the environment required reviewers, under Settings → Environments, and run all jobs again`,
  )
}
