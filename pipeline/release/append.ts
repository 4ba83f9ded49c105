import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { git, tryGit } from './git.ts'
import { branch, fetchLedger, known, local, tracking } from './ledger.ts'

/** The next entry: files (path → text) laid over the tip's, and the commit's message. */
export type Entry = { readonly files: { readonly [path: string]: string }; readonly message: string }

/** What is to be written, or the commit that already says it. */
export type Planned = Entry | { readonly already: string }

/**
 * Writes one commit on the ledger and returns its hash. Work tree, index and current branch stay as they are: the tree is made in an index of its own.
 * The push to origin is the lock between machines (without origin, the compare-and-swap of update-ref): who loses reads again and plans again.
 * `plan` sees the tip and returns the entry, or a commit that already says it; it may throw. Throws InputError when origin cannot be reached.
 */
export async function appendToLedger(root: string, plan: (tip: string | null) => Promise<Planned>): Promise<string> {
  let pushed: string | undefined
  const began = performance.now()
  const broken = (said: string) => passing.test(said) && performance.now() - began < patience.brokenMs
  for (let attempt = 1; ; attempt++) {
    const ledger = await fetchLedger(root)
    if (ledger.stale) {
      if (attempt < patience.broken && broken(ledger.stale)) {
        await pause(attempt)
        continue
      }
      throw new InputError(`the branch ${branch} of origin cannot be read: ${ledger.stale}; run again when it can`)
    }
    // A push whose answer was lost may have arrived.
    if (pushed && ledger.tip && !(await tryGit(root, ['merge-base', '--is-ancestor', pushed, ledger.tip])).failed)
      return pushed
    const entry = await plan(ledger.tip)
    if ('already' in entry) return entry.already
    if (!ledger.origin && (await tryGit(root, ['symbolic-ref', '--quiet', 'HEAD'])).output === local)
      throw new InputError(`the branch ${branch} is checked out here, and only deploy writes it; git switch to another`)
    const commit = await makeCommit(root, ledger.tip, entry)
    const refused = ledger.origin ? await push(root, commit) : await swap(root, local, commit, ledger.tip)
    if (!refused) return commit
    const tries = raced.test(refused) ? patience.raced : broken(refused) ? patience.broken : 1
    if (attempt >= tries)
      throw new InputError(`the branch ${branch} cannot be written: ${refused}; nothing was recorded`)
    pushed = commit
    await pause(attempt)
  }
}

// Somebody else was quicker, in git's words; `[remote rejected]` alone may be a rule of the server, which will not change its mind.
const raced =
  /\[rejected\]|fetch first|non-fast-forward|stale info|cannot lock ref|failed to (?:update|lock)|incorrect old value|reference already exists|is at .* but expected/
const passing =
  /cannot lock ref|unable to create '[^']*\.lock'|no answer in time|timed? ?out|could not resolve host|connection (?:refused|reset|closed)|HTTP (?:429|5\d\d)|error: (?:429|5\d\d)|RPC failed|early EOF|hung up|unexpected disconnect/i
/** How often is tried: against others who write as well, and against what is broken for a moment; an origin that does not answer at all is not asked a second time. */
const patience = { raced: 40, broken: 4, brokenMs: 15_000 }

/** Full jitter: those who lost together do not come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */
function pause(attempt: number): Promise<void> {
  return sleep(Math.random() * Math.min(3000, 50 * 2 ** attempt))
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
