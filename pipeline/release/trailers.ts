/** What a commit on the ledger means, in trailers that `history.ts` reads back. */
export const trailers = {
  environment: 'Mergeline-Environment',
  kind: 'Mergeline-Entry',
  /** The release entry that this one takes back, promotes, or carries on under another holder. */
  reverts: 'Mergeline-Reverts',
  promotes: 'Mergeline-Promotes',
  resumes: 'Mergeline-Resumes',
  /** The request entry that was refused. */
  refuses: 'Mergeline-Refuses',
  /** A release or request entry that this one overtakes; may repeat. */
  supersedes: 'Mergeline-Supersedes',
  /** Who rolls a release out, as `holder.ts` names them. */
  holder: 'Mergeline-Holder',
  /** The id of a request: on its own entry, and on the release that answers it. */
  request: 'Mergeline-Request',
  /** The commit that was asked for, or overtaken. */
  commit: 'Mergeline-Commit',
  /** On whose word a release was promoted although evidence was missing. */
  overriddenBy: 'Mergeline-Overridden-By',
} as const

export type EntryKind = 'request' | 'release' | 'resume' | 'promote' | 'revert' | 'supersede' | 'refuse' | 'lift'

/** A trailer's key and value; one without a value is left out. */
type Trailer = readonly [key: keyof typeof trailers, value: string | undefined]

/** The message of an entry: a subject, what is told, and its trailers as the last paragraph. What was said by people or servers cannot become a trailer. */
export function entryMessage(
  environment: string,
  kind: EntryKind,
  subject: string,
  told: readonly string[],
  more: readonly Trailer[] = [],
): string {
  const all: readonly Trailer[] = [['environment', environment], ['kind', kind], ...more]
  const written = all.flatMap(([key, value]) => (value === undefined ? [] : [`${trailers[key]}: ${oneLine(value)}`]))
  return [`${environment}: ${oneLine(subject)}`, '', ...told.map(oneLine), '', ...written, ''].join('\n')
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trimEnd()
}
