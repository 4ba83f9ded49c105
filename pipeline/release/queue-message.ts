import { nameOf, type Release } from './release.ts'
import { entryMessage } from './trailers.ts'

/** Somebody asked for what staging promoted for `commit`. */
export function requestMessage(
  environment: string,
  { commit, id, by, approved }: { commit: string; id: string; by: string; approved?: string | undefined },
): string {
  return entryMessage(
    environment,
    'request',
    `${commit.slice(0, 12)} is asked for`,
    [`Commit: ${commit}`, `By:     ${by}`, ...(approved ? [`Approved: ${approved}`] : [])],
    [
      ['request', id],
      ['commit', commit],
    ],
  )
}

/** Another process goes on with a release whose holder is gone. */
export function resumeMessage(environment: string, release: Release, releaseCommit: string, holder: string): string {
  return entryMessage(
    environment,
    'resume',
    `carried on by ${holder}`,
    [`Release: ${releaseCommit}`, `  ${nameOf(release)}`],
    [
      ['resumes', releaseCommit],
      ['holder', holder],
    ],
  )
}

/** What was asked for, or was on its way, was overtaken before it was decided. */
export function supersedeMessage(
  environment: string,
  {
    commit,
    why,
    back,
    supersedes,
  }: { commit: string; why: string; back: Release | null; supersedes: readonly string[] },
): string {
  return entryMessage(
    environment,
    'supersede',
    `${commit.slice(0, 12)} is superseded`,
    [`Commit:  ${commit}`, `Serving: ${back ? nameOf(back) : 'nothing'}`, `Why: ${why}`],
    [['commit', commit], ...supersedes.map((entry) => ['supersedes', entry] as const)],
  )
}

/** What was asked for is on hold. */
export function refuseMessage(
  environment: string,
  {
    release,
    why,
    request,
    supersedes,
  }: { release: Release; why: string; request: string; supersedes: readonly string[] },
): string {
  return entryMessage(
    environment,
    'refuse',
    `${nameOf(release)} is refused`,
    [`Model digest: ${release.model.digest}`, `Why: ${why}`],
    [['refuses', request], ...supersedes.map((entry) => ['supersedes', entry] as const)],
  )
}
