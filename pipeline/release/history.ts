import { git } from './git.ts'
import { fetchLedger, readAt } from './ledger.ts'
import { trailers } from './message.ts'
import { parseRelease, type ReleaseFile } from './release.ts'

/** One commit of the ledger. `reverts` and `promotes` are the release commit that it took back, or that passed all it had to. */
export type LedgerEntry = {
  readonly commit: string
  readonly at: string
  readonly by: string
  readonly environment: string
  readonly kind: 'release' | 'promote' | 'revert' | 'lift'
  readonly subject: string
  readonly reverts?: string
  readonly promotes?: string
}

/** The entries of one environment (of all without a name), newest first. */
export async function history(root: string, environment?: string): Promise<LedgerEntry[]> {
  return historyAt(root, (await fetchLedger(root)).tip, environment)
}

/** The same up to a commit of the ledger, without asking origin. */
export async function historyAt(root: string, tip: string | null, environment?: string): Promise<LedgerEntry[]> {
  if (!tip) return []
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x20)`
  const fields = [
    '%H',
    '%cI',
    '%an',
    trailer(trailers.environment),
    trailer(trailers.kind),
    '%s',
    trailer(trailers.reverts),
    trailer(trailers.promotes),
  ]
  const log = await git(root, ['log', '--first-parent', `--format=${fields.join('%x1f')}`, tip])
  return log
    .split('\n')
    .map((line) => line.split('\x1f'))
    .filter(([, , , name, kind]) => kind && (environment === undefined || name === environment))
    .map(([commit = '', at = '', by = '', name = '', kind, subject = '', reverts, promotes]) => ({
      commit,
      at,
      by,
      environment: name,
      kind: kind as LedgerEntry['kind'],
      subject,
      ...(reverts ? { reverts } : {}),
      ...(promotes ? { promotes } : {}),
    }))
}

export const releasePath = (environment: string) => `environments/${environment}/release.yaml`

/** An environment's release.yaml in a commit of the ledger; empty where there is none yet. */
export async function releaseFileAt(root: string, commit: string | null, environment: string): Promise<ReleaseFile> {
  const text = await readAt(root, commit, releasePath(environment))
  return text === undefined ? { release: null, held: [] } : parseRelease(text, `releases:${releasePath(environment)}`)
}

/**
 * The newest release of the environment that was recorded, or promoted, and not taken back, with its commit on the ledger, among those that `fits` accepts.
 * A recorded release may still fail its smoke test: only a promoted one ever ran.
 */
export async function findRelease(
  root: string,
  tip: string | null,
  environment: string,
  what: 'recorded' | 'promoted',
  fits: (file: ReleaseFile & { readonly releaseCommit: string }) => boolean,
) {
  const entries = await historyAt(root, tip, environment)
  const reverted = new Set(entries.map((entry) => entry.reverts))
  for (const { kind, ...entry } of entries) {
    const commit = what === 'promoted' ? entry.promotes : kind === 'release' ? entry.commit : undefined
    if (!commit || reverted.has(commit)) continue
    const { release, held } = await releaseFileAt(root, commit, environment)
    if (release && fits({ release, held, releaseCommit: commit })) return { release, releaseCommit: commit }
  }
  return null
}
