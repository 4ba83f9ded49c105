import { InputError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'

const main = 'main'

/** A pull request with this head may have been opened so often; each costs a call. */
const mostPulls = 20

/** What GitHub calls it when somebody chose another base, or it did so itself because the base was deleted (https://docs.github.com/rest/using-the-rest-api/issue-event-types). */
const baseChanges: readonly string[] = ['base_ref_changed', 'automatic_base_change_succeeded']

type Pulls = Awaited<ReturnType<GitHub['octokit']['rest']['repos']['listPullRequestsAssociatedWithCommit']>>['data']

/** A pull request of this repository that was merged into main. */
export type MergedPull = Pulls[number]

/** The pull requests that were merged into main as this very commit, and not from a fork. Throws InputError where GitHub may not be asked. */
export async function mergedPulls({ octokit, repository }: GitHub, sha: string): Promise<readonly MergedPull[]> {
  const wanted = { ...repository, commit_sha: sha, per_page: 100 }
  const { data } = await octokit.rest.repos
    .listPullRequestsAssociatedWithCommit(wanted)
    .catch((cause) => refuse(cause, 'which pull request became this commit'))
  return data
    .filter(({ merged_at, merge_commit_sha }) => merged_at !== null && merge_commit_sha === sha)
    .filter(({ base, head }) => base.ref === main && head.repo?.id === base.repo.id)
}

/**
 * Why a run for the head of a merged pull request may have been for another base than main; undefined where it cannot. Such a run had the code of that base, which nobody
 * reviewed, and GitHub's record of the run does not name it. Throws InputError where GitHub may not be asked.
 */
export async function doubtBase({ octokit, repository }: GitHub, pull: MergedPull): Promise<string | undefined> {
  const wanted = { ...repository, head: `${repository.owner}:${pull.head.ref}`, state: 'all', per_page: 100 } as const
  const pulls = await octokit
    .paginate(octokit.rest.pulls.list, wanted)
    .catch((cause) => refuse(cause, 'which pull requests this branch had'))
  const other = pulls.find(({ base }) => base.ref !== main)
  if (other) return `#${other.number} asked for the same branch onto another base than ${main}`
  const numbers = new Set([pull.number, ...pulls.map(({ number }) => number)])
  if (numbers.size > mostPulls)
    return `its branch had ${numbers.size} pull requests, and at most ${mostPulls} are looked at`
  for (const number of numbers) {
    const events = await octokit
      .paginate(octokit.rest.issues.listEvents, { ...repository, issue_number: number, per_page: 100 })
      .catch((cause) => refuse(cause, `whether the base of #${number} was changed`))
    if (events.some(({ event }) => baseChanges.includes(event))) return `the base of #${number} was changed`
  }
  return undefined
}

function refuse(cause: unknown, what: string): never {
  const { status, message } = cause as { status?: number; message?: string }
  if (status !== 403 && status !== 404) throw cause
  const why = `GitHub does not tell ${what} (${status}: ${message})`
  throw new InputError(`${why}; give the job the permission pull-requests: read`, { cause })
}
