import { InputError } from '../errors.ts'
import { git, tryGit } from './git.ts'

/**
 * Throws InputError unless main has had the commit as its tip, or a merge's: then it was reviewed. Whoever may write to the repository may append to the branch `releases`, so
 * an entry there is not enough to run a commit's code. Main is origin's default branch, as origin says now or, where it cannot be asked, said last; an origin that answers and has
 * none is a new one, whatever another one said before. Without an origin only who has this clone can have written the entry: then any commit of the local main, or of what is
 * checked out, will do. `what` begins the message, as in `staging`.
 */
export async function requireOnMain(root: string, commit: string, what: string): Promise<void> {
  const origin = (await git(root, ['remote'])).split('\n').includes('origin')
  const { name, commits, failed } = await (origin ? mainOfOrigin(root, what) : localMain(root))
  if (commits.includes(commit)) return
  const asked = failed ? ` (as it was known here; origin cannot be asked: ${failed})` : ''
  const shallow = (await git(root, ['rev-parse', '--is-shallow-repository'])) === 'true'
  const cure = shallow
    ? 'this clone has only a part of the history: run `git fetch --unshallow` (actions/checkout with fetch-depth 0) and try again'
    : `merge it into ${name} and release the commit that ${name} has then; if nobody of yours released it, look at who wrote to the branch releases`
  throw new InputError(
    `${what}: commit ${commit} is not in the history of ${name}${asked}, and the code of a commit that was not merged is not run; ${cure}`,
  )
}

type Main = { readonly name: string; readonly commits: readonly string[]; readonly failed?: string | undefined }

/** What its default branch has pointed to, newest first: commits that a merge brought along are not among them. Throws InputError where origin answers that it has no such branch. */
async function mainOfOrigin(root: string, what: string): Promise<Main> {
  const remotes = 'refs/remotes/origin/'
  const head = await tryGit(root, ['symbolic-ref', '--quiet', `${remotes}HEAD`])
  const branch = !head.failed && head.output.startsWith(remotes) ? head.output.slice(remotes.length) : 'main'
  const refspec = `+refs/heads/${branch}:${remotes}${branch}`
  const { failed } = await tryGit(root, ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', 'origin', refspec])
  if (failed?.toLowerCase().includes("couldn't find remote ref"))
    throw new InputError(
      `${what}: origin has no branch ${branch}, so nothing was reviewed there; run \`git push -u origin ${branch}\` first ` +
        '(or `git remote set-head origin --auto`, where its default branch has another name)',
    )
  const { output } = await tryGit(root, ['rev-list', '--first-parent', `${remotes}${branch}`, '--'])
  return { name: `origin's ${branch}`, commits: output.split('\n'), failed }
}

async function localMain(root: string): Promise<Main> {
  const { failed } = await tryGit(root, ['rev-parse', '--verify', '--quiet', 'refs/heads/main^{commit}'])
  const tips = failed ? ['HEAD'] : ['refs/heads/main', 'HEAD']
  return { name: 'main', commits: (await git(root, ['rev-list', ...tips, '--'])).split('\n') }
}
