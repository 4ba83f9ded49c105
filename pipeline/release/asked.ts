import type { Planned } from './append.ts'
import type { Environment } from './environment.ts'
import { historyAt, type LedgerEntry, releaseFileAt } from './history.ts'
import type { Holder } from './holder.ts'
import { answerOf, isLater, type OpenRelease, queueOf } from './queue.ts'
import type { Held, Release, ReleaseFile } from './release.ts'

/** A release that wants its turn. */
export type Asked = {
  readonly root: string
  readonly environment: string
  readonly policy: Environment
  readonly release: Release
  readonly holder: Holder
  /** The id of the request that it answers; it is on the ledger already. */
  readonly request?: string | undefined
  /** The entry of a release that is carried on: once that is decided, nothing is left to do. */
  readonly carriesOn?: string | undefined
  /** What overtakes it: a later request, or a release of a commit that contains its own. */
  readonly order: 'history' | 'request'
}

/** Nothing is left to do, and why. `entry` records that where the ledger does not say it yet. */
export type Over = {
  readonly kind: 'over'
  readonly outcome: 'promoted' | 'rolled back' | 'superseded' | 'refused'
  readonly reason: string
  readonly entry: Planned
  /** What answered the request. */
  readonly releaseCommit?: string
  readonly held?: Held
}

export type Decision =
  | Over
  /** `open` is somebody else's, and they work on it. */
  | { readonly kind: 'wait'; readonly open: OpenRelease; readonly release: Release | null }
  /** `releaseCommit` is the release that is carried on; without it, `entry` is the release. */
  | { readonly kind: 'go'; readonly entry: Planned; readonly releaseCommit?: string }

/** What the ledger says at `tip`, about one release. */
export type Seen = {
  readonly tip: string | null
  /** Newest first. */
  readonly entries: readonly LedgerEntry[]
  readonly now: ReleaseFile
  /** All that are open, by one invariant at most one; `open` is the newest. */
  readonly releases: readonly LedgerEntry[]
  readonly open: OpenRelease | undefined
  /** The entry of its own request, and the release that answers it. */
  readonly mine: LedgerEntry | undefined
  readonly answer: LedgerEntry | undefined
  /** Open requests of others that are not later, which it overtakes; none where it answers no request. */
  readonly others: readonly LedgerEntry[]
}

/** Reads the ledger at `tip` for a release. */
export async function look({ root, environment, request }: Asked, tip: string | null): Promise<Seen> {
  const entries = await historyAt(root, tip, environment)
  const { releases, requests } = queueOf(entries)
  const mine = request === undefined ? undefined : entries.find((e) => e.kind === 'request' && e.request === request)
  return {
    tip,
    entries,
    now: await releaseFileAt(root, tip, environment),
    releases: releases.map(({ entry }) => entry),
    open: releases[0],
    mine,
    answer: mine && answerOf(entries, mine),
    others: mine ? requests.filter((entry) => entry !== mine && !isLater(entries, entry, mine)) : [],
  }
}
