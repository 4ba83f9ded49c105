import { git } from './git.ts'
import { fetchLedger, readAt } from './ledger.ts'
import { parseRelease, type ReleaseFile } from './release.ts'
import { type EntryKind, trailers } from './trailers.ts'

/** One commit of the ledger; what else it says depends on its kind, see `trailers.ts`. */
export type LedgerEntry = {
  readonly commit: string
  readonly at: string
  readonly by: string
  readonly environment: string
  readonly kind: EntryKind
  readonly subject: string
  readonly reverts?: string
  readonly promotes?: string
  readonly resumes?: string
  readonly refuses?: string
  readonly supersedes: readonly string[]
  readonly holder?: string
  /** The id of the request. */
  readonly request?: string
  /** The commit that was asked for, or overtaken. */
  readonly about?: string
  /** On whose word it was promoted although evidence was missing. */
  readonly overriddenBy?: string
}

/** The entries of one environment (of all without a name), newest first. */
export async function history(root: string, environment?: string): Promise<LedgerEntry[]> {
  return historyAt(root, (await fetchLedger(root)).tip, environment)
}

const read = [
  ...(['reverts', 'promotes', 'resumes', 'refuses', 'supersedes', 'holder', 'request', 'commit'] as const),
  'overriddenBy',
] as const

/** The same up to a commit of the ledger, without asking origin. */
export async function historyAt(root: string, tip: string | null, environment?: string): Promise<LedgerEntry[]> {
  if (!tip) return []
  const trailer = (key: keyof typeof trailers) => `%(trailers:key=${trailers[key]},valueonly,separator=%x20)`
  // What people chose comes last: a separator in a name or a subject moves nothing else.
  const fields = ['%H', '%cI', trailer('environment'), trailer('kind'), ...read.map(trailer), '%s', '%an']
  const log = await git(root, ['log', '--first-parent', `--format=${fields.join('%x1f')}`, tip])
  return log
    .split('\n')
    .map((line) => line.split('\x1f'))
    .filter(([, , name, kind]) => kind && (environment === undefined || name === environment))
    .map(([commit = '', at = '', name = '', kind, ...values]) => {
      const [subject = '', ...by] = values.slice(read.length)
      const told = Object.fromEntries(read.map((key, index) => [key, values[index]]).filter(([, value]) => value))
      const { supersedes, commit: about, ...rest } = told as { [key in (typeof read)[number]]?: string }
      return {
        ...{ commit, at, by: by.join(' '), environment: name, kind: kind as EntryKind, subject },
        ...rest,
        ...(about ? { about } : {}),
        supersedes: supersedes?.split(' ') ?? [],
      }
    })
}

export const releasePath = (environment: string) => `environments/${environment}/release.yaml`

/** An environment's release.yaml in a commit of the ledger; empty where there is none yet. */
export async function releaseFileAt(root: string, commit: string | null, environment: string): Promise<ReleaseFile> {
  const text = await readAt(root, commit, releasePath(environment))
  return text === undefined ? { release: null, held: [] } : parseRelease(text, `releases:${releasePath(environment)}`)
}

/**
 * The newest release of the environment that was recorded, or promoted, and neither taken back nor superseded, with its commit on the ledger, among those that `fits` accepts.
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
  const gone = new Set(entries.flatMap(({ reverts, supersedes }) => [reverts, ...supersedes]))
  for (const { kind, ...entry } of entries) {
    const commit = what === 'promoted' ? entry.promotes : kind === 'release' ? entry.commit : undefined
    if (!commit || gone.has(commit)) continue
    const { release, held } = await releaseFileAt(root, commit, environment)
    if (release && fits({ release, held, releaseCommit: commit })) return { release, releaseCommit: commit }
  }
  return null
}
