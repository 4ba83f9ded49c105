import { git } from './git.ts'
import { historyAt, releaseFileAt } from './history.ts'
import { fetchLedger } from './ledger.ts'
import { evidenceIn } from './message.ts'
import { nameOf, type Release } from './release.ts'

/** What an environment ran, from its promotion until another took its place. */
export type Span = {
  readonly release: Release
  readonly releaseCommit: string
  /** ISO times; `until` is null for what runs now. */
  readonly since: string
  readonly until: string | null
  /** How it came: promoted, or back because what came after it was taken back. */
  readonly came: string
  /** Why it left; null for what runs now. */
  readonly left: string | null
  /** On whose word it was promoted although evidence was missing. */
  readonly overriddenBy: string | null
}

/** A release that was on its way and never ran for everybody, and how that ended; `until` and `end` are null while it is on its way. */
export type Attempt = {
  readonly release: Release
  readonly releaseCommit: string
  readonly since: string
  readonly until: string | null
  readonly end: string | null
}

/** What the ledger tells of an environment, oldest first. `stale`: origin could not be asked, and why. */
export type Timeline = {
  readonly environment: string
  readonly spans: readonly Span[]
  readonly attempts: readonly Attempt[]
  readonly stale?: string
}

/** Reads what an environment ran and when, and why each left, from the branch `releases` alone. */
export async function timelineOf(root: string, environment: string): Promise<Timeline> {
  const { tip, stale } = await fetchLedger(root)
  const entries = (await historyAt(root, tip, environment)).reverse()
  const spans: Span[] = []
  const attempts = new Map<string, Attempt>()
  const running = () => spans.at(-1)
  const end = (until: string, left: string) => {
    const last = spans.pop()
    if (last) spans.push(last.until === null ? { ...last, until, left } : last)
  }
  const begin = async (releaseCommit: string, at: string, came: string, overriddenBy: string | null = null) => {
    const { release } = await releaseFileAt(root, releaseCommit, environment)
    if (!release) return
    end(at, `${nameOf(release)} took its place`)
    spans.push({ release, releaseCommit, since: at, until: null, came, left: null, overriddenBy })
  }
  const close = (releaseCommit: string, until: string, how: string) => {
    const attempt = attempts.get(releaseCommit)
    if (attempt?.end === null) attempts.set(releaseCommit, { ...attempt, until, end: how })
  }

  for (const entry of entries) {
    const { kind, commit, at, promotes, reverts, supersedes } = entry
    for (const overtaken of supersedes) close(overtaken, at, `superseded: ${entry.subject}`)
    if (kind === 'release') {
      const { release } = await releaseFileAt(root, commit, environment)
      if (release) attempts.set(commit, { release, releaseCommit: commit, since: at, until: null, end: null })
    } else if (promotes) {
      attempts.delete(promotes)
      await begin(promotes, at, 'promoted', entry.overriddenBy)
    } else if (reverts) {
      const { why } = evidenceIn(await git(root, ['log', '-1', '--format=%B', commit]))
      close(reverts, at, `taken back: ${why}`)
      if (running()?.releaseCommit !== reverts) continue
      end(at, `taken back: ${why}`)
      const gone = new Set(entries.slice(0, entries.indexOf(entry) + 1).map((earlier) => earlier.reverts))
      const before = spans.findLast(({ releaseCommit }) => !gone.has(releaseCommit))
      if (before) await begin(before.releaseCommit, at, 'back in its place')
    }
  }
  return { environment, spans, attempts: [...attempts.values()], ...(stale === undefined ? {} : { stale }) }
}

/** What ran at a moment, and what was on its way then; null where nothing was promoted yet. */
export function at({ spans, attempts }: Timeline, time: Date): { span: Span | null; attempts: readonly Attempt[] } {
  const moment = time.getTime()
  const covers = ({ since, until }: { readonly since: string; readonly until: string | null }) =>
    Date.parse(since) <= moment && (until === null || moment < Date.parse(until))
  return { span: spans.findLast(covers) ?? null, attempts: attempts.filter(covers) }
}
