import type { LedgerEntry } from './history.ts'

/** A release that was recorded, and neither promoted nor taken back nor superseded: somebody rolls it out, or did until it was killed. */
export type OpenRelease = {
  readonly entry: LedgerEntry
  /** Who took it last; absent on entries of a time without holders. */
  readonly holder?: string
  /** When, as ISO time. */
  readonly since: string
}

/** What an environment has not decided yet, newest first. An open request is one that no release has answered. */
export type Queue = { readonly releases: readonly OpenRelease[]; readonly requests: readonly LedgerEntry[] }

/** `entries`: those of one environment, newest first, as `historyAt` returns them. Since each release overtakes the one before in its own commit, at most one is open. */
export function queueOf(entries: readonly LedgerEntry[]): Queue {
  const closed = new Set(
    entries.flatMap((entry) => [entry.promotes, entry.reverts, entry.refuses, ...entry.supersedes]),
  )
  const open = (entry: LedgerEntry) => !closed.has(entry.commit)
  const answered = (entry: LedgerEntry) => answerOf(entries, entry) !== undefined
  return {
    releases: entries
      .filter((entry) => entry.kind === 'release' && open(entry))
      .map((entry) => {
        const taken = entries.find(({ resumes }) => resumes === entry.commit) ?? entry
        return { entry, since: taken.at, ...(taken.holder ? { holder: taken.holder } : {}) }
      }),
    requests: entries.filter((entry) => entry.kind === 'request' && open(entry) && !answered(entry)),
  }
}

/**
 * Whether a request is later than another: of two runs of a workflow, the one that was started later, whenever each was approved or written down; of others, the one that the ledger
 * has later. `entries` are newest first.
 */
export function isLater(entries: readonly LedgerEntry[], one: LedgerEntry, other: LedgerEntry): boolean {
  const [mine = Number.NaN, theirs = Number.NaN] = [one, other].map(({ request }) =>
    Number(/^github-(\d{1,15})$/.exec(request ?? '')?.[1]),
  )
  if (Number.isNaN(mine) || Number.isNaN(theirs) || mine === theirs)
    return entries.indexOf(one) < entries.indexOf(other)
  return mine > theirs
}

/** The entry that decided a release or a request: the first that promotes, reverts, refuses or supersedes it. */
export function closingOf(entries: readonly LedgerEntry[], commit: string): LedgerEntry | undefined {
  return entries.findLast(
    ({ promotes, reverts, refuses, supersedes }) =>
      promotes === commit || reverts === commit || refuses === commit || supersedes.includes(commit),
  )
}

/** The newest release that answers a request. */
export function answerOf(entries: readonly LedgerEntry[], { request }: LedgerEntry): LedgerEntry | undefined {
  return entries.find((entry) => entry.kind === 'release' && entry.request === request)
}
