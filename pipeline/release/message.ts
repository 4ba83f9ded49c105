import { nameOf, type Release } from './release.ts'
import { entryMessage } from './trailers.ts'

/** `by`: on whose word evidence that is missing was done without. */
export type Evidence = { readonly why: string; readonly lines: readonly string[]; readonly by?: string }

/** `supersedes`: entries that this release overtakes. */
export function releaseMessage(
  environment: string,
  release: Release,
  {
    holder,
    request,
    supersedes,
  }: { holder?: string | undefined; request?: string | undefined; supersedes: readonly string[] },
): string {
  return entryMessage(
    environment,
    'release',
    `${nameOf(release)}${rehearsal(release)}`,
    [
      `Model digest:  ${release.model.digest}`,
      `Fingerprint:   ${release.model.fingerprint}`,
      ...(release.image ? [`Image:         ${release.image}`] : []),
      `Released from: ${release.commit}`,
    ],
    [['holder', holder], ['request', request], ...supersedes.map((entry) => ['supersedes', entry] as const)],
  )
}

/** `evidence`: as in a revert; nothing where the model ran there already. */
export function promoteMessage(
  environment: string,
  release: Release,
  releaseCommit: string,
  evidence?: Evidence,
): string {
  return entryMessage(
    environment,
    'promote',
    `promoted ${nameOf(release)}${rehearsal(release)}`,
    [`Model digest:  ${release.model.digest}`, `Release:       ${releaseCommit}`, ...(evidence ? told(evidence) : [])],
    [
      ['promotes', releaseCommit],
      ['overriddenBy', evidence?.by],
    ],
  )
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
    unserved = false,
  }: {
    withdrawn: Release
    back: Release | null
    hold: boolean
    releaseCommit: string
    evidence: Evidence
    unserved?: boolean
  },
): string {
  return entryMessage(
    environment,
    'revert',
    `roll back to ${back ? nameOf(back) : 'nothing'}`,
    [
      `Withdrawn: ${nameOf(withdrawn)}, ${hold ? 'now on hold' : 'not on hold'}`,
      `  model ${withdrawn.model.digest}`,
      `  release ${releaseCommit}`,
      ...(back
        ? [
            unserved ? `Serving:   nobody; ${nameOf(back)} should` : `Serving:   ${nameOf(back)}`,
            `  model ${back.model.digest}`,
          ]
        : []),
      ...told(evidence),
    ],
    [['reverts', releaseCommit]],
  )
}

/** The evidence that the message of a revert or a promotion carries. */
export function evidenceIn(message: string): Evidence {
  const [, said = '', rest = ''] = /^Why: (.*)\n\n((?:.|\n)*)$/m.exec(message) ?? []
  const lines = rest.startsWith('Evidence: ') ? (rest.split('\n\n')[0] ?? '').split('\n') : []
  return { why: said, lines }
}

export function liftMessage(
  environment: string,
  lifted: { digest: string; held: string; by: string; why: string },
): string {
  return entryMessage(environment, 'lift', `lift the hold on ${lifted.digest.slice(0, 19)}`, [
    `Model: ${lifted.digest}`,
    `Held because: ${lifted.held}`,
    `Lifted by: ${lifted.by}`,
    `${why}${lifted.why}`,
  ])
}

const why = 'Why: '
const told = ({ why: reason, lines }: Evidence) => [`${why}${reason}`, ...(lines.length > 0 ? ['', ...lines] : [])]
const rehearsal = (release: Release) => (release.rehearsal ? ', rehearsal' : '')
