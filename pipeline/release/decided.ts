import { InputError } from '../errors.ts'
import { appendToLedger } from './append.ts'
import { findRelease, historyAt, type LedgerEntry, releaseFileAt, releasePath } from './history.ts'
import { fetchLedger } from './ledger.ts'
import { type Evidence, promoteMessage, revertMessage } from './message.ts'
import { closingOf } from './queue.ts'
import { formatRelease, type Held, type Release, sameRelease } from './release.ts'

/** What a verdict says of a release that is taken back. `back`: what serves where nothing was ever promoted. `names`: see `promoteRelease`. */
export type TakenBack = {
  readonly back: Release | null
  /** Whether the pair of model and image is barred. */
  readonly hold: boolean
  readonly evidence: Evidence
  readonly since: string
  /** Whether nobody is answered, though the release that is gone back to should. */
  readonly unserved?: boolean
  readonly names?: readonly string[]
}

/**
 * Records that a release was promoted, once, and on what, and returns the commit that says so; where it was superseded meanwhile, or carried on by another than `names` (under
 * which it was rolled out), nothing is written and the commit that says *that* is returned.
 */
export async function promoteRelease(
  root: string,
  environment: string,
  releaseCommit: string,
  names: readonly string[] = [],
  evidence?: Evidence,
): Promise<string> {
  return appendToLedger(root, async (tip) => {
    const entries = await historyAt(root, tip, environment)
    const done = closingOf(entries, releaseCommit) ?? takenOver(entries, releaseCommit, names)
    if (done) return { already: done.commit }
    const release = await releaseAt(root, environment, releaseCommit)
    return { files: {}, message: promoteMessage(environment, release, releaseCommit, evidence) }
  })
}

/**
 * Takes a release back: one commit that names what was promoted last (`back` where nothing was), puts the pair on hold where `hold` says so, and carries the evidence.
 * Asked again, it returns the commit that already did. A release that superseded it stays, and the hold is recorded all the same.
 */
export async function revertRelease(
  root: string,
  environment: string,
  releaseCommit: string,
  { back, hold, evidence, since, unserved = false, names = [] }: TakenBack,
): Promise<string> {
  return appendToLedger(root, async (tip) => {
    const entries = await historyAt(root, tip, environment)
    const done = entries.find((entry) => entry.reverts === releaseCommit)
    const overtaken = entries.find(({ supersedes }) => supersedes.includes(releaseCommit))
    const other = done ?? (hold ? undefined : overtaken) ?? takenOver(entries, releaseCommit, names)
    if (other) return { already: other.commit }
    const withdrawn = await releaseAt(root, environment, releaseCommit)
    const now = await releaseFileAt(root, tip, environment)
    const pair: Held = {
      model: withdrawn.model.digest,
      ...(withdrawn.image ? { image: withdrawn.image } : {}),
      since,
      why: evidence.why,
    }
    const stays = overtaken !== undefined || !sameRelease(now.release, withdrawn)
    const release = stays ? now.release : await promotedBefore(root, tip, environment, releaseCommit, back)
    const others = now.held.filter((barred) => barred.model !== pair.model || barred.image !== pair.image)
    const held = hold ? [...others, pair] : now.held
    return {
      files: { [releasePath(environment)]: formatRelease({ release, held }) },
      message: revertMessage(environment, {
        withdrawn,
        back: release,
        hold,
        releaseCommit,
        evidence,
        unserved: unserved && !stays,
      }),
    }
  })
}

/** What was promoted last, but for one release; `otherwise` where nothing was. */
export async function promotedBefore(
  root: string,
  tip: string | null,
  environment: string,
  releaseCommit: string,
  otherwise: Release | null,
): Promise<Release | null> {
  const found = await findRelease(root, tip, environment, 'promoted', (file) => file.releaseCommit !== releaseCommit)
  return found?.release ?? otherwise
}

/** The entry by which somebody else went on with the release. */
function takenOver(
  entries: readonly LedgerEntry[],
  releaseCommit: string,
  names: readonly string[],
): LedgerEntry | undefined {
  const newest = entries.find(({ resumes }) => resumes === releaseCommit)
  return names.length > 0 && newest && !names.includes(newest.holder ?? '') ? newest : undefined
}

async function releaseAt(root: string, environment: string, releaseCommit: string): Promise<Release> {
  const { release } = await releaseFileAt(root, releaseCommit, environment)
  if (!release) throw new InputError(`${releaseCommit} is no release of ${environment}`)
  return release
}

/** Whether a release is still to be decided, and by one of `names`: nobody superseded it or carries it on. */
export async function isUndecided(
  root: string,
  environment: string,
  releaseCommit: string,
  names: readonly string[],
): Promise<boolean> {
  const entries = await historyAt(root, (await fetchLedger(root)).tip, environment)
  return !closingOf(entries, releaseCommit) && !takenOver(entries, releaseCommit, names)
}
