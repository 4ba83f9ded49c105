import { nameOf, type Release } from './release.ts'

/** What a commit on the ledger means, in trailers that `history.ts` reads back. */
export const trailers = {
  environment: 'Mergeline-Environment',
  kind: 'Mergeline-Entry',
  reverts: 'Mergeline-Reverts',
  promotes: 'Mergeline-Promotes',
} as const

export function releaseMessage(environment: string, release: Release): string {
  return [
    `${environment}: ${nameOf(release)}${release.rehearsal ? ', rehearsal' : ''}`,
    '',
    `Model digest:  ${release.model.digest}`,
    `Fingerprint:   ${release.model.fingerprint}`,
    ...(release.image ? [`Image:         ${release.image}`] : []),
    `Released from: ${release.commit}`,
    '',
    `${trailers.environment}: ${environment}`,
    `${trailers.kind}: release`,
    '',
  ].join('\n')
}

export function promoteMessage(environment: string, release: Release, releaseCommit: string): string {
  return [
    `${environment}: promoted ${nameOf(release)}${release.rehearsal ? ', rehearsal' : ''}`,
    '',
    `Model digest:  ${release.model.digest}`,
    `Release:       ${releaseCommit}`,
    '',
    `${trailers.environment}: ${environment}`,
    `${trailers.kind}: promote`,
    `${trailers.promotes}: ${releaseCommit}`,
    '',
  ].join('\n')
}

/** `evidence`: one sentence why, then the lines that it was drawn from. */
export function revertMessage(
  environment: string,
  {
    withdrawn,
    back,
    hold,
    releaseCommit,
    evidence,
  }: { withdrawn: Release; back: Release | null; hold: boolean; releaseCommit: string; evidence: Evidence },
): string {
  return [
    `${environment}: roll back to ${back ? nameOf(back) : 'nothing'}`,
    '',
    `Withdrawn: ${nameOf(withdrawn)}, ${hold ? 'now on hold' : 'not on hold'}`,
    `  model ${withdrawn.model.digest}`,
    `  release ${releaseCommit}`,
    ...(back ? [`Serving:   ${nameOf(back)}`, `  model ${back.model.digest}`] : []),
    `Why: ${oneLine(evidence.why)}`,
    '',
    ...evidence.lines.map(oneLine),
    ...(evidence.lines.length > 0 ? [''] : []),
    `${trailers.environment}: ${environment}`,
    `${trailers.kind}: revert`,
    `${trailers.reverts}: ${releaseCommit}`,
    '',
  ].join('\n')
}

export function liftMessage(
  environment: string,
  lifted: { digest: string; held: string; by: string; why: string },
): string {
  return [
    `${environment}: lift the hold on ${lifted.digest.slice(0, 19)}`,
    '',
    `Model: ${lifted.digest}`,
    `Held because: ${oneLine(lifted.held)}`,
    `Lifted by: ${oneLine(lifted.by)}`,
    `Why: ${oneLine(lifted.why)}`,
    '',
    `${trailers.environment}: ${environment}`,
    `${trailers.kind}: lift`,
    '',
  ].join('\n')
}

export type Evidence = { readonly why: string; readonly lines: readonly string[] }

// Words from people and servers must not become trailers or break a line.
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trimEnd()
}
