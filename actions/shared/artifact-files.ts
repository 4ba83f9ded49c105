import { createHash } from 'node:crypto'
import { InputError } from '../../pipeline/errors.ts'
import { download, linkOf } from './download.ts'
import type { GitHub } from './github.ts'
import { type ArchiveLimits, unzip } from './unzip.ts'

/** An artifact as GitHub lists it; `digest` is its SHA-256 over the archive, `sha256:…`. */
type Artifact = { readonly id: number; readonly digest?: string | null | undefined }

/**
 * The archive of an artifact of this repository, in memory, checked against GitHub's digest where there is one. Throws InputError that names the artifact when GitHub does not
 * give it, or it is too large or another than GitHub has recorded.
 */
export async function downloadArtifact(
  github: GitHub,
  { id, digest: recorded }: Artifact,
  maxBytes: number,
): Promise<Buffer> {
  const name = `artifact ${id}`
  const archive = await download(name, maxBytes, () => linkTo(github, id, name))
  const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`
  if (recorded && recorded !== digest)
    throw new InputError(`${name}: its archive is ${digest}, and GitHub has recorded ${recorded}; run it again`)
  return archive
}

/** The files of an artifact of this repository, by their paths, in memory: anybody who can open a pull request may have made it. Throws as `downloadArtifact` and `unzip` do. */
export async function readArtifact(
  github: GitHub,
  artifact: Artifact,
  limits: ArchiveLimits,
): Promise<Map<string, Buffer>> {
  return unzip(await downloadArtifact(github, artifact, limits.maxBytes), `artifact ${artifact.id}`, limits)
}

async function linkTo(github: GitHub, id: number, name: string): Promise<URL> {
  const wanted = {
    ...github.repository,
    artifact_id: id,
    archive_format: 'zip',
    request: { redirect: 'manual' as const },
  }
  const { headers } = await github.octokit.rest.actions.downloadArtifact(wanted).catch((cause) => {
    throw new InputError(`${name}: ${refused(cause)}`, { cause })
  })
  return linkOf(github, headers.location, name)
}

function refused(cause: unknown): string {
  const { status, message } = cause as { status?: number; message?: string }
  if (status === 410) return 'it has expired, and GitHub has it no more; run the workflow again that made it'
  if (status === 403 || status === 404)
    return `GitHub does not give it (${status}: ${message}); is it gone, or does the job lack the permission actions: read?`
  return `GitHub says ${status}: ${message}; run the job again`
}
