import { InputError, RefusedError } from '../errors.ts'
import { requireIdentity } from './git.ts'
import { findRelease, historyAt, releaseFileAt, releasePath } from './history.ts'
import { appendToLedger, fetchLedger } from './ledger.ts'
import { type Evidence, liftMessage, promoteMessage, releaseMessage, revertMessage } from './message.ts'
import { formatRelease, type Held, holdOn, nameOf, type Release, type ReleaseFile, sameRelease } from './release.ts'

export type RecordedRelease = { readonly release: Release; readonly releaseCommit: string }

/** What Git says the environment should run now. Works on what origin said last where it cannot be reached (`stale`). */
export async function readRelease(
  root: string,
  environment: string,
): Promise<ReleaseFile & { readonly stale?: string }> {
  const { tip, stale } = await fetchLedger(root)
  const file = await releaseFileAt(root, tip, environment)
  return stale === undefined ? file : { ...file, stale }
}

/**
 * Records that the environment should run `release`, and returns the commit. A release that Git already names is not recorded twice.
 * `environmentYaml` is kept beside it as it was. Throws RefusedError for a pair on hold, InputError where git has no identity or origin cannot be reached.
 */
export async function recordRelease(
  root: string,
  environment: string,
  release: Release,
  environmentYaml: string,
): Promise<string> {
  await requireIdentity(root)
  return appendToLedger(root, async (tip) => {
    const now = await releaseFileAt(root, tip, environment)
    refuseHeld(environment, now.held, release)
    if (sameRelease(now.release, release)) {
      const known = await findRelease(root, tip, environment, 'recorded', (file) => sameRelease(file.release, release))
      if (known) return { already: known.releaseCommit }
    }
    return {
      files: {
        [releasePath(environment)]: formatRelease({ release, held: now.held }),
        [`environments/${environment}/environment.yaml`]: environmentYaml,
      },
      message: releaseMessage(environment, release),
    }
  })
}

/** Throws RefusedError when the release's pair of model and image is on hold. */
export function refuseHeld(environment: string, held: readonly Held[], release: Release): void {
  const hold = holdOn(held, release)
  if (hold)
    throw new RefusedError(
      `${environment}: ${nameOf(release)} is on hold since ${hold.since}: ${hold.why}\n` +
        `To release it all the same: npm run lift -- --environment ${environment} --digest ${hold.model.slice(0, 19)} --why "…"`,
    )
}

/**
 * Takes a release back: one commit that names what serves now (`back`; null where nothing does), puts the pair on hold where `hold` says so, and carries the evidence.
 * Asked again, it returns the commit that already did. A newer release that somebody recorded meanwhile stays.
 */
export async function revertRelease(
  root: string,
  environment: string,
  releaseCommit: string,
  { back, hold, evidence, since }: { back: Release | null; hold: boolean; evidence: Evidence; since: string },
): Promise<string> {
  return appendToLedger(root, async (tip) => {
    const done = (await historyAt(root, tip, environment)).find((entry) => entry.reverts === releaseCommit)
    if (done) return { already: done.commit }
    const { release: withdrawn } = await releaseFileAt(root, releaseCommit, environment)
    if (!withdrawn) throw new InputError(`${releaseCommit} is no release of ${environment}`)
    const now = await releaseFileAt(root, tip, environment)
    const pair: Held = {
      model: withdrawn.model.digest,
      ...(withdrawn.image ? { image: withdrawn.image } : {}),
      since,
      why: evidence.why,
    }
    const release = sameRelease(now.release, withdrawn) ? back : now.release
    const others = now.held.filter((other) => other.model !== pair.model || other.image !== pair.image)
    const held = hold ? [...others, pair] : now.held
    return {
      files: { [releasePath(environment)]: formatRelease({ release, held }) },
      message: revertMessage(environment, { withdrawn, back: release, hold, releaseCommit, evidence }),
    }
  })
}

/** Records that a release was promoted, once, and returns the commit that says so. */
export async function promoteRelease(root: string, environment: string, releaseCommit: string): Promise<string> {
  return appendToLedger(root, async (tip) => {
    const done = (await historyAt(root, tip, environment)).find((entry) => entry.promotes === releaseCommit)
    if (done) return { already: done.commit }
    const { release } = await releaseFileAt(root, releaseCommit, environment)
    if (!release) throw new InputError(`${releaseCommit} is no release of ${environment}`)
    return { files: {}, message: promoteMessage(environment, release, releaseCommit) }
  })
}

/** Removes the hold on a model (digest, or a beginning of it that fits one), with a name and a reason. Throws InputError listing what is on hold. */
export async function lift(
  root: string,
  environment: string,
  { digest, by, why }: { digest: string; by: string; why: string },
): Promise<{ readonly commit: string; readonly lifted: readonly Held[] }> {
  await requireIdentity(root)
  if (why.trim() === '') throw new InputError('lift: say why; the reason is recorded beside your name')
  let lifted: readonly Held[] = []
  const commit = await appendToLedger(root, async (tip) => {
    const now = await releaseFileAt(root, tip, environment)
    lifted = now.held.filter((hold) => hold.model.startsWith(digest) || hold.model.startsWith(`sha256:${digest}`))
    const first = lifted[0]
    if (!first || digest === '' || new Set(lifted.map((hold) => hold.model)).size > 1)
      throw new InputError(
        `lift: ${first ? 'more than one model' : 'no model'} on hold in ${environment} begins with ${JSON.stringify(digest)}; on hold: ${
          now.held.map((hold) => `${hold.model} (${hold.why})`).join(', ') || 'none'
        }`,
      )
    return {
      files: {
        [releasePath(environment)]: formatRelease({ ...now, held: now.held.filter((hold) => !lifted.includes(hold)) }),
      },
      message: liftMessage(environment, { digest: first.model, held: first.why, by, why }),
    }
  })
  return { commit, lifted }
}

/** The newest release that the environment promoted and did not take back: what runs there, as Git tells; null before the first. */
export async function promotedRelease(root: string, environment: string): Promise<Release | null> {
  const tip = await knownTip(root)
  return (await findRelease(root, tip, environment, 'promoted', () => true))?.release ?? null
}

/** The staging release of a commit that was promoted there, and not taken back; null where there is none. */
export async function stagingReleaseOf(root: string, commit: string): Promise<RecordedRelease | null> {
  const tip = await knownTip(root)
  return findRelease(root, tip, 'staging', 'promoted', ({ release }) => release?.commit === commit)
}

/** Where the ledger stands. Throws InputError when origin cannot be asked and never was: "no release yet" would be a guess, and a gate without a champion. */
async function knownTip(root: string): Promise<string | null> {
  const { tip, stale } = await fetchLedger(root)
  if (tip === null && stale !== undefined) {
    throw new InputError(
      `the branch releases of origin cannot be read (${stale}), and nothing of it is known here; run again when it can`,
    )
  }
  return tip
}
