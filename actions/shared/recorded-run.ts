import { tryGit } from '../../pipeline/release/git.ts'
import type { GitHub } from './github.ts'
import { doubtBase, type MergedPull, mergedPulls } from './merged-pull.ts'
import type { Artifact, Looking } from './recorded-training.ts'
import { doubtSame } from './same-training.ts'

const main = 'main'
const pullRequest = '.github/workflows/pull-request.yml'
const staging = '.github/workflows/staging.yml'

type Believed = { readonly vouched: boolean } | { readonly why: string }
type Origin = NonNullable<Artifact['workflow_run']>
type Run = Awaited<ReturnType<GitHub['octokit']['rest']['actions']['getWorkflowRun']>>['data']

const isForks = "a fork's model is never promoted"

/**
 * Judges whether the training that another run recorded will do. `vouched` is true where main itself would take it: only then may this run record it again as its own. An
 * earlier commit of the same branch is believed only where all that takes part is as it was merged: with a workflow of its own it can record anything, and nobody reviews what is no
 * longer there at the merge.
 * What it returns throws what GitHub answers when it may not be asked.
 */
export function believer(github: GitHub, looking: Looking): (artifact: Artifact) => Promise<Believed> {
  const { run, trust } = looking
  let asked: Promise<readonly MergedPull[]> | undefined
  const merged = () => {
    asked ??= mergedPulls(github, run.sha)
    return asked
  }
  return async ({ expired, workflow_run: origin }) => {
    if (!origin?.repository_id || origin.repository_id !== origin.head_repository_id) return { why: isForks }
    if (expired) return { why: 'the artifact expired' }
    if (trust === 'any') return { vouched: await isMains(github, looking, origin) }
    const why = await doubt(github, looking, origin, merged)
    return why === undefined ? { vouched: true } : { why }
  }
}

/** Whether main itself trained it. A pull request's checkout has its own commits, too: what counts is main as it was fetched. */
async function isMains(github: GitHub, { root }: Looking, { id = 0, head_branch }: Origin): Promise<boolean> {
  if (head_branch !== main) return false
  const { data: made } = await github.octokit.rest.actions.getWorkflowRun({ ...github.repository, run_id: id })
  if (doubtEnd(made) !== undefined || pathOf(made) !== staging) return false
  return (await doubtPush(root, `refs/remotes/origin/${main}`, made)) === undefined
}

/** Why main does not believe a run, by GitHub's own record of it; undefined when it does. */
async function doubt(
  github: GitHub,
  { root, run }: Looking,
  { id = 0, head_branch, head_sha = '' }: Origin,
  merged: () => Promise<readonly MergedPull[]>,
): Promise<string | undefined> {
  const notThis = 'its commit is not the one that was merged as this'
  const isMerged = async () => (await merged()).some(({ head }) => head.sha === head_sha || head.ref === head_branch)
  if (head_branch !== main && head_sha !== run.sha && !(await isMerged())) return notThis
  const { data: made } = await github.octokit.rest.actions.getWorkflowRun({ ...github.repository, run_id: id })
  const end = doubtEnd(made)
  if (end !== undefined) return end
  const path = pathOf(made)
  if (path === staging) return doubtPush(root, 'HEAD', made)
  if (path !== pullRequest) return `its workflow is ${path}, not one that ${main} believes`
  if (made.event === 'merge_group') return made.head_sha === run.sha ? undefined : notThis
  if (made.event !== 'pull_request') return `the event was ${made.event}`
  const pulls = await merged()
  const pull =
    pulls.find(({ head }) => head.sha === made.head_sha) ?? pulls.find(({ head }) => head.ref === made.head_branch)
  if (!pull) return notThis
  if (made.head_branch !== pull.head.ref) return `its branch is not that of #${pull.number}, which was merged as this`
  // An earlier push of the pull request trained with what was merged, if nothing that takes part in a training was changed since.
  if (made.head_sha !== pull.head.sha) {
    const differ = await doubtSame(root, made.head_sha, pull.head.sha)
    if (differ !== undefined) return differ
  }
  return doubtBase(github, pull)
}

function doubtEnd({ head_repository, repository, conclusion, status }: Run): string | undefined {
  if (head_repository?.id !== repository.id) return isForks
  return conclusion === 'success' ? undefined : `the run ended with ${conclusion ?? `no conclusion (${status})`}`
}

/** GitHub may add the branch that the file was taken from. */
const pathOf = ({ path }: Run) => path.split('@')[0]

/** A tag may be called main, too, and be set on any commit that somebody pushed, also on one inside a merged branch: only where main itself has been is main's. */
async function doubtPush(root: string, history: string, made: Run): Promise<string | undefined> {
  if (made.event !== 'push' || made.head_branch !== main) return `the event was ${made.event}, not a push to ${main}`
  const { output, failed } = await tryGit(root, ['rev-list', '--first-parent', history, '--'])
  const been = failed === undefined && output.split('\n').includes(made.head_sha)
  return been ? undefined : `its commit is not part of ${main}`
}
