import { InputError, RefusedError } from '../errors.ts'
import { findRelease, releaseFileAt } from './history.ts'
import { fetchLedger } from './ledger.ts'
import { type Held, holdOn, nameOf, type Release, type ReleaseFile } from './release.ts'

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

/** Throws RefusedError when the release's pair of model and image is on hold. */
export function refuseHeld(environment: string, held: readonly Held[], release: Release): void {
  const hold = holdOn(held, release)
  if (hold) throw new RefusedError(whyRefused(environment, hold, release))
}

/** Why a release on hold is refused, and what lifts the hold. */
export function whyRefused(environment: string, hold: Held, release: Release): string {
  return (
    `${environment}: ${nameOf(release)} is on hold since ${hold.since}: ${hold.why}\n` +
    `To release it all the same: npm run lift -- --environment ${environment} --digest ${hold.model.slice(0, 19)} --why "…"`
  )
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
