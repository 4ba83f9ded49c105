import { InputError } from '../../pipeline/errors.ts'
import { tryGit } from '../../pipeline/release/git.ts'
import type { GitHub } from './github.ts'
import type { Artifact, Looking } from './recorded-training.ts'

const main = 'main'
const pullRequest = '.github/workflows/pull-request.yml'
const staging = '.github/workflows/staging.yml'

type Believed = { readonly vouched: boolean } | { readonly why: string }
type Origin = NonNullable<Artifact['workflow_run']>

const isForks = "a fork's model is never promoted"

/**
 * Judges whether the training that another run recorded will do. `vouched` is true where main itself would take it, or it was made of commits that are part of this one or of
 * its branch: only then may this run record it again as its own, or what nobody reviewed would get to main by way of this one.
 * What it returns throws what GitHub answers when it may not be asked.
 */
export function believer(github: GitHub, looking: Looking): (artifact: Artifact) => Promise<Believed> {
  const { root, run, trust } = looking
  const branch = run.headRef || run.ref.replace(/^refs\/heads\//, '')
  let asked: Promise<readonly string[]> | undefined
  const merged = () => {
    asked ??= mergedHeads(github, run.sha)
    return asked
  }
  return async ({ expired, workflow_run: origin }) => {
    if (!origin?.repository_id || origin.repository_id !== origin.head_repository_id) return { why: isForks }
    if (expired) return { why: 'the artifact expired' }
    if (trust === 'any')
      return { vouched: origin.head_branch === branch || (await isPart(root, origin.head_sha ?? '')) }
    const why = await doubt(github, looking, origin, merged)
    return why === undefined ? { vouched: true } : { why }
  }
}

/** Why main does not believe a run, by GitHub's own record of it; undefined when it does. */
async function doubt(
  { octokit, repository }: GitHub,
  { root, run }: Looking,
  { id = 0, head_branch, head_sha = '' }: Origin,
  merged: () => Promise<readonly string[]>,
): Promise<string | undefined> {
  const notThis = 'its commit is not the one that was merged as this'
  if (head_branch !== main && head_sha !== run.sha && !(await merged()).includes(head_sha)) return notThis
  const { data: made } = await octokit.rest.actions.getWorkflowRun({ ...repository, run_id: id })
  if (made.head_repository?.id !== made.repository.id) return isForks
  if (made.conclusion !== 'success') return `the run ended with ${made.conclusion ?? `no conclusion (${made.status})`}`
  // GitHub may add the branch that the file was taken from.
  const [path] = made.path.split('@')
  if (path === staging) {
    if (made.event !== 'push' || made.head_branch !== main) return `the event was ${made.event}, not a push to ${main}`
    return (await isPart(root, made.head_sha)) ? undefined : `its commit is not part of ${main}`
  }
  if (path !== pullRequest) return `its workflow is ${path}, not one that ${main} believes`
  if (made.event === 'merge_group') return made.head_sha === run.sha ? undefined : notThis
  if (made.event !== 'pull_request') return `the event was ${made.event}`
  return (await merged()).includes(made.head_sha) ? undefined : notThis
}

/** The last commits of the pull requests that were merged into main as this very commit, and not from a fork. */
async function mergedHeads({ octokit, repository }: GitHub, sha: string): Promise<readonly string[]> {
  const wanted = { ...repository, commit_sha: sha, per_page: 100 }
  const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit(wanted).catch((cause) => {
    if (cause.status !== 403 && cause.status !== 404) throw cause
    const why = `GitHub does not tell which pull request became this commit (${cause.status}: ${cause.message})`
    throw new InputError(`${why}; give the job the permission pull-requests: read`, { cause })
  })
  return data
    .filter(({ merged_at, merge_commit_sha }) => merged_at !== null && merge_commit_sha === sha)
    .filter(({ base, head }) => base.ref === main && head.repo?.id === base.repo.id)
    .map(({ head }) => head.sha)
}

/** Whether a commit is part of the history that is checked out. */
async function isPart(root: string, commit: string): Promise<boolean> {
  if (!/^[0-9a-f]{40}$/.test(commit)) return false
  return !(await tryGit(root, ['merge-base', '--is-ancestor', commit, 'HEAD'])).failed
}
