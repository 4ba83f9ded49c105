import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { git, tryGit } from './git.ts'

/** The branch that says what every environment should run; written by `deploy` and `lift` only. */
export const branch = 'releases'
const local = `refs/heads/${branch}`
const tracking = `refs/remotes/origin/${branch}`
/** What origin said last. Git's own tracking branch follows every `git fetch`, also to a history that forgets; this one only grows. */
const known = `refs/mergeline/${branch}`

/** Where the ledger stands. `stale` is git's own words when origin could not be asked: then `tip` is what it said last. */
export type Ledger = { readonly tip: string | null; readonly origin: boolean; readonly stale?: string }

/** The next entry: files (path → text) laid over the tip's, and the commit's message. */
export type Entry = { readonly files: { readonly [path: string]: string }; readonly message: string }

/**
 * Asks origin, where there is one, where the ledger stands. A ledger only ever grows: throws InputError when origin's does not contain what it said before,
 * since holds and releases would be forgotten without a word; and when git itself cannot be asked.
 */
export async function fetchLedger(root: string): Promise<Ledger> {
  const origin = (await git(root, ['remote'])).split('\n').includes('origin')
  if (!origin) return { tip: await tipOf(root, local), origin }
  const before = await tipOf(root, known)
  const { failed } = await tryGit(root, [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    'origin',
    `+${local}:${tracking}`,
  ])
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

/**
 * Writes one commit on the ledger and returns its hash. Work tree, index and current branch stay as they are: the tree is made in an index of its own.
 * The push to origin is the lock between machines (without origin, the compare-and-swap of update-ref): who loses reads again and plans again.
 * `plan` sees the tip and returns the entry, or a commit that already says it; it may throw. Throws InputError when origin cannot be reached.
 */
export async function appendToLedger(
  root: string,
  plan: (tip: string | null) => Promise<Entry | { readonly already: string }>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const ledger = await fetchLedger(root)
    if (ledger.stale)
      throw new InputError(`the branch ${branch} of origin cannot be read: ${ledger.stale}; run again when it can`)
    const entry = await plan(ledger.tip)
    if ('already' in entry) return entry.already
    if (!ledger.origin && (await tryGit(root, ['symbolic-ref', '--quiet', 'HEAD'])).output === local)
      throw new InputError(`the branch ${branch} is checked out here, and only deploy writes it; git switch to another`)
    const commit = await makeCommit(root, ledger.tip, entry)
    const refused = ledger.origin ? await push(root, commit) : await swap(root, local, commit, ledger.tip)
    if (!refused) return commit
    if (
      attempt >= 5 ||
      !/rejected|fetch first|non-fast-forward|cannot lock ref|reference already exists|is at .* but expected/.test(
        refused,
      )
    )
      throw new InputError(`the branch ${branch} cannot be written: ${refused}; nothing was recorded`)
  }
}

async function makeCommit(root: string, tip: string | null, entry: Entry): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-ledger-'))
  const index = join(dir, 'index')
  try {
    await git(root, tip ? ['read-tree', tip] : ['read-tree', '--empty'], { index })
    for (const [path, text] of Object.entries(entry.files)) {
      const blob = await git(root, ['hash-object', '-w', '--stdin'], { input: text })
      await git(root, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { index })
    }
    const tree = await git(root, ['write-tree'], { index })
    return await git(root, ['commit-tree', tree, ...(tip ? ['-p', tip] : []), '-F', '-'], { input: entry.message })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function push(root: string, commit: string): Promise<string | undefined> {
  const { failed } = await tryGit(root, ['push', '--quiet', '--no-verify', 'origin', `${commit}:${local}`])
  // What follows only saves the next fetch: origin has it already.
  for (const ref of failed ? [] : [known, tracking]) await tryGit(root, ['update-ref', ref, commit])
  return failed
}

async function swap(root: string, ref: string, commit: string, old: string | null): Promise<string | undefined> {
  return (await tryGit(root, ['update-ref', '-m', 'release', ref, commit, old ?? '0'.repeat(40)])).failed
}

async function tipOf(root: string, ref: string): Promise<string | null> {
  const { output, failed } = await tryGit(root, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
  return failed ? null : output
}
