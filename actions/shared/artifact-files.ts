import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'
import { type ArchiveLimits, unzip } from './unzip.ts'

/** An artifact as GitHub lists it; `digest` is its SHA-256 over the archive, `sha256:…`. */
type Artifact = { readonly id: number; readonly digest?: string | null | undefined }

/** A link to the storage holds for a minute; the download itself may take longer. */
const downloadMs = 300_000
const tries = 4

/**
 * The files of an artifact of this repository, by their paths, in memory: anybody who can open a pull request may have made it. The archive is checked against GitHub's
 * digest where there is one, and opened by `unzip`. Throws InputError that names the artifact, and the entry, for everything that is not as it should be.
 */
export async function readArtifact(
  github: GitHub,
  artifact: Artifact,
  limits: ArchiveLimits,
): Promise<Map<string, Buffer>> {
  const name = `artifact ${artifact.id}`
  const archive = await download(github, artifact.id, name, limits.maxBytes)
  const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`
  if (artifact.digest && artifact.digest !== digest)
    throw new InputError(`${name}: its archive is ${digest}, and GitHub has recorded ${artifact.digest}; run it again`)
  return unzip(archive, name, limits)
}

/** A new link for each try: it may have run out meanwhile. */
async function download(github: GitHub, id: number, name: string, maxBytes: number): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const link = await linkTo(github, id, name)
    try {
      return await fetchWhole(link, name, maxBytes)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      const why = cause instanceof Error ? cause.message : String(cause)
      if (attempt === tries)
        throw new InputError(`${name}: could not be downloaded in ${tries} tries: ${why}; run the job again`, { cause })
      // Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
      await sleep(Math.random() * 500 * 2 ** attempt)
    }
  }
}

/** Where GitHub keeps the archive. It answers with a redirect, which is not followed: the storage is another host, and the token is not for it. */
async function linkTo({ octokit, repository }: GitHub, id: number, name: string): Promise<URL> {
  const wanted = { ...repository, artifact_id: id, archive_format: 'zip', request: { redirect: 'manual' as const } }
  const { status, headers } = await octokit.rest.actions.downloadArtifact(wanted).catch((cause) => {
    throw new InputError(`${name}: ${refused(cause)}`, { cause })
  })
  const link = URL.parse(headers.location ?? '')
  const plainHttp = octokit.request.endpoint.DEFAULTS.baseUrl.startsWith('http:')
  if (link?.protocol === 'https:' || (link?.protocol === 'http:' && plainHttp)) return link
  throw new InputError(`${name}: GitHub answered ${status} and no link to its archive; run the job again`)
}

function refused(cause: unknown): string {
  const { status, message } = cause as { status?: number; message?: string }
  if (status === 410) return 'it has expired, and GitHub has it no more; run the workflow again that made it'
  if (status === 403 || status === 404)
    return `GitHub does not give it (${status}: ${message}); is it gone, or does the job lack the permission actions: read?`
  return `GitHub says ${status}: ${message}; run the job again`
}

async function fetchWhole(link: URL, name: string, maxBytes: number): Promise<Buffer> {
  const answer = await fetch(link, { signal: AbortSignal.timeout(downloadMs) })
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel()
    throw new Error(`the storage answered ${answer.status}`)
  }
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body) {
    size += part.length
    if (size > maxBytes)
      throw new InputError(
        `${name}: its archive has more than ${maxBytes.toLocaleString('en-US')} bytes, so it is not read`,
      )
    parts.push(part)
  }
  return Buffer.concat(parts)
}
