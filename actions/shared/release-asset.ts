import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'

/** A file of a GitHub release. `digest` is GitHub's SHA-256 over it. */
export type Asset = {
  readonly id: number
  readonly name: string
  readonly state: string
  readonly size: number
  readonly digest: string | null
}

/** An upload may take longer than other calls. */
const uploadMs = 300_000
const attempts = 8
/** The first pause before it is looked at again; each is twice the one before. */
const pauseMs = 500

/**
 * Makes sure that a release has a whole file of this name: returns the one that is there already, which stays as it is, or undefined where `content` was uploaded now. One that
 * is not whole is being uploaded by somebody else, or was left by a job that ended: it is looked at again for some seconds, then replaced. Throws InputError when GitHub
 * does not take it.
 */
export async function keepAsset(
  github: GitHub,
  release: { readonly id: number; readonly upload_url: string },
  name: string,
  content: Buffer,
): Promise<Asset | undefined> {
  const { octokit, repository } = github
  let failed = 'another job has been uploading it all the time'
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const there = (await assetsOf(github, release.id)).find((asset) => asset.name === name)
    if (there?.state === 'uploaded') return there
    if (!there) {
      const why = await upload(github, release.upload_url, name, content)
      if (why === undefined) return undefined
      failed = why
    } else if (attempt % 4 === 0) {
      const gone = (error: { status?: number }) => error.status === 404 || refuseWriting(error)
      await octokit.rest.repos.deleteReleaseAsset({ ...repository, asset_id: there.id }).catch(gone)
      continue
    }
    await sleep(pauseMs * 2 ** (attempt % 4) * (0.5 + Math.random() / 2))
  }
  throw new InputError(`${name} could not be uploaded to the model store: ${failed}; run the job again`)
}

async function assetsOf({ octokit, repository }: GitHub, id: number): Promise<readonly Asset[]> {
  const wanted = { ...repository, release_id: id, per_page: 100 }
  const { data } = await octokit.rest.repos
    .listReleaseAssets(wanted)
    .catch((error) => refuse(error, 'cannot be read', 'contents: read'))
  return data
}

/** Undefined when it is there now, or why it may not be. It is not repeated here: GitHub may have half of it (https://docs.github.com/rest/releases/assets#upload-a-release-asset). */
async function upload({ octokit }: GitHub, url: string, name: string, content: Buffer): Promise<string | undefined> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': content.length }
  const request = { retries: 0, signal: AbortSignal.timeout(uploadMs) }
  try {
    await octokit.request({ method: 'POST', url, name, data: content, headers, request })
    return undefined
  } catch (error) {
    const { status = 0, message } = error as { status?: number; message: string }
    if (status >= 500 || message.includes('already_exists')) return `${status}: ${message}`
    return refuseWriting(error)
  }
}

const refuseWriting = (error: unknown) => refuse(error, 'cannot be written', 'contents: write')

/** Throws InputError with GitHub's own words; what is no answer of GitHub's is thrown as it is. */
export function refuse(error: unknown, what: string, permission: string): never {
  const { status, message } = error as { status?: number; message?: string }
  if (status === undefined) throw error
  const cure = status === 403 || status === 404 ? `give the job the permission ${permission}` : 'run the job again'
  throw new InputError(`the model store ${what}: GitHub says ${status}: ${message}; ${cure}`, { cause: error })
}
