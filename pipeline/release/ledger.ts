import { InputError } from '../errors.ts'
import { git, tryGit } from './git.ts'

/** The branch that says what every environment should run; written by `deploy`, by who asks for one, and by `lift` only. */
export const branch = 'releases'
/** Where it lies without an origin, and what it is called there. */
export const local = `refs/heads/${branch}`
export const tracking = `refs/remotes/origin/${branch}`
/** What origin said last. Git's own tracking branch follows every `git fetch`, also to a history that forgets; this one only grows. */
export const known = `refs/mergeline/${branch}`

/** Where the ledger stands. `stale` is git's own words when origin could not be asked: then `tip` is what it said last. */
export type Ledger = { readonly tip: string | null; readonly origin: boolean; readonly stale?: string }

/**
 * Asks origin, where there is one, where the ledger stands. A ledger only ever grows: throws InputError when origin's does not contain what it said before,
 * since holds and releases would be forgotten without a word; and when git itself cannot be asked.
 */
export async function fetchLedger(root: string): Promise<Ledger> {
  const origin = (await git(root, ['remote'])).split('\n').includes('origin')
  if (!origin) return { tip: await tipOf(root, local), origin }
  const before = await tipOf(root, known)
  const refspec = `+${local}:${tracking}`
  const { failed } = await tryGit(
    root,
    ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', 'origin', refspec],
    // It is small: who needs longer does not answer.
    { timeoutMs: 20_000 },
  )
  if (failed?.includes("couldn't find remote ref")) {
    if (before) throw shrunk(`has no branch ${branch} any more`, before)
    // No such branch yet: what was written here before there was an origin is what it begins with.
    return { tip: await tipOf(root, local), origin }
  }
  if (failed) return { tip: before, origin, stale: failed }
  const tip = await tipOf(root, tracking)
  if (before && tip && (await tryGit(root, ['merge-base', '--is-ancestor', before, tip])).failed) {
    throw shrunk(`has another history on the branch ${branch}`, before)
  }
  if (tip) await git(root, ['update-ref', known, tip])
  return { tip, origin }
}

function shrunk(what: string, before: string): InputError {
  return new InputError(
    `origin ${what}; it said ${before} before, and the releases and holds recorded up to there would be forgotten. ` +
      `To bring them back: git push --force origin ${before}:${local}. To accept origin's: git update-ref -d ${known}`,
  )
}

/** The text of a file in a commit of the ledger; undefined where the commit has none. Throws InputError when it cannot be read. */
export async function readAt(root: string, commit: string | null, path: string): Promise<string | undefined> {
  if (!commit) return undefined
  const entry = await git(root, ['ls-tree', commit, '--', path])
  if (entry === '') return undefined
  if (!entry.includes(' blob '))
    throw new InputError(
      `${path} on the branch ${branch} (${commit.slice(0, 12)}) is no file; revert the commit that made it so`,
    )
  return `${await git(root, ['cat-file', 'blob', `${commit}:${path}`])}\n`
}

async function tipOf(root: string, ref: string): Promise<string | null> {
  const { output, failed } = await tryGit(root, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
  return failed ? null : output
}
