import type { GitHub } from './github.ts'
import type { WorkflowRun } from './workflow-run.ts'

/** The pull request that a run was for, or a sentence that says why there is none to post to. */
export type PullRequest = { readonly number: number } | { readonly none: string }

/**
 * Finds the pull request by head owner, branch and commit: the run's own list of them is empty for forks (https://github.com/actions/runner/issues/3444), and a commit may be
 * the head of several. An open one is taken before one that was merged or closed meanwhile.
 */
export async function findPullRequest({ octokit, repository }: GitHub, run: WorkflowRun): Promise<PullRequest> {
  const { event, head_repository: from, head_branch: branch, head_sha: commit } = run
  if (event !== 'pull_request') return { none: `The run was for the event ${event}, not for a pull request.` }
  if (!from || branch === null) return { none: 'The repository or branch that the pull request came from is gone.' }
  const head = `${from.owner.login}:${branch}`
  const wanted = { ...repository, head, state: 'all', per_page: 100 } as const
  // GitHub ignores a `head` that it cannot read, and lists all.
  const ofBranch = (await octokit.paginate(octokit.rest.pulls.list, wanted)).filter(
    (pull) => pull.head.repo?.id === from.id && pull.head.ref === branch,
  )
  const ofCommit = ofBranch.filter(({ head: { sha } }) => sha === commit)
  const open = ofCommit.filter(({ state }) => state === 'open')
  const [first, ...others] = open.length > 0 ? open : ofCommit
  if (first && others.length === 0) return { number: first.number }
  if (first) {
    const numbers = [first, ...others].map(({ number }) => number).join(', ')
    return { none: `The commit is the head of several pull requests (${numbers}), so none is told of it.` }
  }
  return ofBranch.length > 0
    ? { none: 'A newer commit was pushed to the pull request meanwhile; its own run tells of that.' }
    : { none: 'No pull request has this branch and commit as its head.' }
}
