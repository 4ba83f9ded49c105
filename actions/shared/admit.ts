import { join } from 'node:path'
import { InputError, RefusedError } from '../../pipeline/errors.ts'
import type { Release } from '../../pipeline/release/release.ts'
import type { Doubt } from './attestation.ts'
import type { GitHub } from './github.ts'
import { markWarning, say } from './log.ts'
import { refusal } from './refusal.ts'

/** Throws InputError where a release is not what an earlier job of the run has checked: between the two, staging may have released the commit again. */
export function requireExpected(
  { model, image }: Release,
  expected: { readonly digest: string | undefined; readonly image: string | undefined },
): void {
  const { digest = model.digest } = expected
  const wanted = expected.image ?? image
  if (digest === model.digest && wanted === image) return
  throw new InputError(
    `staging has released ${model.digest} (${image ?? 'no image'}) for the commit since ${digest} (${wanted ?? 'no image'}) was planned; run all jobs again`,
  )
}

/** Throws RefusedError where `required`, else warns, unless staging.yml attested the release's model, by the manifest in its bundle, and its image, both for the release's commit. */
export async function requireAttested(
  doubt: Doubt,
  { image, commit }: Release,
  bundle: string,
  required: boolean,
): Promise<void> {
  const subjects = [
    ['the model', join(bundle, 'manifest.json')],
    ...(image ? [[image, `oci://${image}`] as const] : []),
  ] as const
  for (const [name, subject] of subjects) {
    const why = await doubt(subject, commit)
    const made = `${name} was made by staging.yml of this repository for ${commit.slice(0, 12)}`
    if (why === undefined) say(`attestation: ${made}`)
    else if (required)
      throw new RefusedError(
        `no attestation says that ${made}: ${why}; REQUIRE_ATTESTATION asks for one: run staging.yml of that commit again, then this job`,
      )
    else
      markWarning(
        `no attestation says that ${made}: ${why}; the variable REQUIRE_ATTESTATION set to true refuses such a release`,
      )
  }
}

/**
 * Throws RefusedError unless GitHub's own record shows that a run of production.yml for a tag `v*` asked for the release of its commit. Whoever may write to the branch `releases` may
 * write a release there; only one that was asked for, and approved, is carried on.
 */
export async function requireAsked(github: GitHub, { commit }: Release, request: string | undefined): Promise<void> {
  const refuse = (why: string): never => {
    throw new RefusedError(
      `the open release of ${commit.slice(0, 12)} is not carried on: ${why}; look at who wrote it to the branch releases. Push a tag v*: its release overtakes this one`,
    )
  }
  const [, run_id] = (/^github-(\d{1,15})$/.exec(request ?? '') ?? []).map(Number)
  if (!run_id) return refuse('no run of production.yml asked for it')
  const found = await github.octokit.rest.actions.getWorkflowRun({ ...github.repository, run_id }).catch(refusal)
  if ('refused' in found) return refuse(`GitHub does not tell of run ${run_id}, which asked for it (${found.refused})`)
  const { path, event, head_sha, head_branch } = found.data
  const isTags = event === 'push' && path.split('@')[0] === '.github/workflows/production.yml'
  if (!isTags || !/^v./.test(head_branch ?? ''))
    refuse(`run ${run_id} is of ${path}, for ${event} ${head_branch ?? ''}`)
  if (head_sha !== commit) refuse(`run ${run_id} asked for ${head_sha.slice(0, 12)}`)
}
