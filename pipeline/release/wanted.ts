import { InputError } from '../errors.ts'
import { findRelease, historyAt } from './history.ts'
import { fetchLedger } from './ledger.ts'
import { stagingReleaseOf } from './record.ts'
import type { Release, ReleasedModel } from './release.ts'

/** What is to be released: a model and an image, as staging takes them; without a model, what staging promoted for `commit`. */
export type Wanted = {
  readonly root: string
  readonly environment: string
  readonly model?: ReleasedModel | undefined
  /** By digest; absent where servers run as processes. */
  readonly image?: string | undefined
}

/**
 * The release that is asked for. The staging release is what was tried: nothing else may go further, so InputError is thrown where staging promoted none
 * for the commit, with the commit to release instead.
 */
export async function wantedRelease(
  { root, environment, model, image }: Wanted,
  commit: string,
  rehearsal: boolean,
): Promise<Release> {
  if (model) return { model, ...(image ? { image } : {}), commit, rehearsal }
  const staged = await stagingReleaseOf(root, commit)
  if (staged) return { ...staged.release, rehearsal }
  throw new InputError(
    `${environment}: staging promoted no release of commit ${commit.slice(0, 12)}; ${await cureFor(root, commit)}`,
  )
}

async function cureFor(root: string, commit: string): Promise<string> {
  const { tip } = await fetchLedger(root)
  const newest = await findRelease(root, tip, 'staging', 'promoted', () => true)
  const overtaken = (await historyAt(root, tip, 'staging')).find(
    ({ kind, about }) => kind === 'supersede' && about === commit,
  )
  if (overtaken && newest) return `a newer one overtook it: release ${newest.release.commit.slice(0, 12)}`
  const recorded = await findRelease(root, tip, 'staging', 'recorded', ({ release }) => release?.commit === commit)
  if (recorded) return 'its release was recorded, but never promoted: deploy it to staging again'
  if (newest) return `the newest one is of ${newest.release.commit.slice(0, 12)}: release that commit`
  return 'deploy to staging first'
}
