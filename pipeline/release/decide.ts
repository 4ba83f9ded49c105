import { InputError } from '../errors.ts'
import { type Asked, type Decision, look, type Over, type Seen } from './asked.ts'
import { go, refused, superseded } from './entries.ts'
import { tryGit } from './git.ts'
import { works } from './holder.ts'
import { closingOf, isLater, queueOf } from './queue.ts'
import { type Held, holdOn, nameOf, type ReleaseFile, sameRelease } from './release.ts'

/**
 * What a release may do, as the ledger stands at `tip`: wait for the holder of an open release, go (on), or nothing any more. The same question is asked again for each
 * tip that the answer could not be written onto, so of all who ask at once one goes and the others see that it did.
 */
export async function decide(asked: Asked, tip: string | null): Promise<Decision> {
  const { policy, release, holder, order } = asked
  const seen = await look(asked, tip)
  const { now, open, answer } = seen
  const hold = holdOn(now.held, release)
  const known = carriedOn(asked, seen) ?? recorded(asked, seen, hold)
  if (known) return known
  const working = open !== undefined && open.holder !== holder.name && (await works(holder, open, policy))
  const why = order === 'history' ? await overtakenInHistory(asked, now) : await overtakenByRequest(asked, seen)
  // Another attempt at the very request rolls it out: its end will be this one's.
  if (why !== undefined && !(working && open.entry === answer)) return superseded(asked, seen, why)
  if (working) return { kind: 'wait', open, release: now.release }
  return hold ? refused(asked, seen, hold) : go(asked, seen)
}

/** What is carried on may be decided by others until it is its turn. */
function carriedOn({ carriesOn }: Asked, { entries }: Seen): Over | undefined {
  const end = carriesOn === undefined ? undefined : closingOf(entries, carriesOn)
  if (carriesOn === undefined || end === undefined) return undefined
  const outcome = end.promotes === carriesOn ? 'promoted' : end.reverts === carriesOn ? 'rolled back' : 'superseded'
  const reason = `decided meanwhile: commit ${end.commit.slice(0, 12)} on the branch releases`
  return { kind: 'over', outcome, reason, releaseCommit: carriesOn, entry: { already: end.commit } }
}

/**
 * A request that was promoted stays so, also when its job is run again, while that release runs; one that was rolled back too, while the hold stands.
 */
function recorded({ release }: Asked, { entries, answer, now }: Seen, hold: Held | undefined): Over | undefined {
  if (!answer) return undefined
  const over = { kind: 'over', releaseCommit: answer.commit } as const
  const reverted = entries.find(({ reverts }) => reverts === answer.commit)
  if (reverted)
    return (
      hold && { ...over, outcome: 'rolled back', reason: hold.why, held: hold, entry: { already: reverted.commit } }
    )
  const promoted = entries.find(({ promotes }) => promotes === answer.commit)
  if (!promoted) return undefined
  const reason = `promoted before: commit ${promoted.commit.slice(0, 12)} on the branch releases`
  const entry = { already: promoted.commit }
  if (!sameRelease(now.release, release)) {
    const later = now.release ? nameOf(now.release) : 'nothing'
    return { ...over, outcome: 'superseded', reason: `${reason}; ${later} has taken its place since`, entry }
  }
  return { ...over, outcome: 'promoted', reason, entry }
}

/** A later request that was not answered, and whose run has ended, stands in nobody's way. */
async function overtakenByRequest({ holder }: Asked, { entries, mine }: Seen): Promise<string | undefined> {
  if (!mine) return undefined
  const later = entries.filter((entry) => entry.kind === 'request' && isLater(entries, entry, mine))
  const open = new Set(queueOf(entries).requests)
  for (const entry of later.sort((a, b) => (isLater(entries, a, b) ? -1 : 1)))
    if (!open.has(entry) || (await holder.asks?.(entry.request ?? '')) !== false)
      return `${entry.about?.slice(0, 12)} was asked for after it (${entry.request})`
  return undefined
}

async function overtakenInHistory(
  { root, environment, release }: Asked,
  now: ReleaseFile,
): Promise<string | undefined> {
  const newer = now.release?.commit
  if (!newer || newer === release.commit) return undefined
  const missing = async () => (await tryGit(root, ['cat-file', '-e', `${newer}^{commit}`])).failed
  // It may have been pushed after this clone was made.
  if (await missing()) await tryGit(root, ['fetch', '--quiet', '--no-tags', 'origin'])
  if (await missing())
    throw new InputError(
      `${environment} names commit ${newer}, which no branch of origin has; push that commit, or fetch the whole history`,
    )
  const { failed } = await tryGit(root, ['merge-base', '--is-ancestor', release.commit, newer])
  return failed ? undefined : `${environment} has gone on to ${newer.slice(0, 12)}, which contains it`
}
