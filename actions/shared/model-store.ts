import { createHash } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import type { ModelStore } from '../../pipeline/steps/elsewhere.ts'
import { verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { download, downloadMs, linkOf } from './download.ts'
import type { GitHub } from './github.ts'
import { type Asset, keepAsset, refuse } from './release-asset.ts'
import { tarOf, trainingLimits, writeTraining } from './training-files.ts'
import { untar } from './untar.ts'

const archiveName = 'training.tar'
const cardName = 'model-card.md'

/**
 * The model store: a GitHub release for each registered model, its digest as tag, with the finished training and the model card as files. What is there stays; only what is
 * missing or was left half-uploaded is written, so that it may be done again, and by two at once. `origin` is a sentence for people: who registered it.
 */
export function modelStore(connect: () => Promise<GitHub>, origin: string): ModelStore {
  return {
    name: 'the model store (GitHub releases)',
    fetch: async (digest, folder) => {
      const github = await connect()
      const release = await releaseOf(github, digest)
      const asset = release?.assets.find(({ name, state }) => name === archiveName && state === 'uploaded')
      if (asset) await writeTraining(folder, await readArchive(github, asset))
      return asset !== undefined
    },
    keep: async ({ digest, folder, card }) => {
      const github = await connect()
      const release = (await releaseOf(github, digest)) ?? (await createRelease(github, digest, origin))
      const archive = await tarOf(folder)
      const stored = await keepAsset(github, release, archiveName, archive)
      await keepAsset(github, release, cardName, Buffer.from(card))
      // Another training may have given the same model, in another time: then its archive is another, and what counts is the bundle in it.
      if (stored && stored.digest !== sha256(archive)) await requireDigest(github, stored, digest)
      return { url: release.html_url, created: stored === undefined }
    },
  }
}

/** A card has no charts: it is text. */
const mostCardBytes = 1_000_000

/** The model card that was kept with a model, and its page; undefined where there is none. Throws InputError when it cannot be had. */
export async function readModelCard(
  github: GitHub,
  digest: string,
): Promise<{ card: string; url: string } | undefined> {
  const release = await releaseOf(github, digest)
  const asset = release?.assets.find(({ name, state }) => name === cardName && state === 'uploaded')
  if (!release || !asset) return undefined
  const name = `release asset ${asset.id} (${cardName})`
  const card = await download(name, mostCardBytes, () => openAsset(github, asset.id, name))
  return { card: card.toString(), url: release.html_url }
}

const tagOf = (digest: string) => `model-${digest.replace('sha256:', '')}`
const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function releaseOf({ octokit, repository }: GitHub, digest: string) {
  try {
    return (await octokit.rest.repos.getReleaseByTag({ ...repository, tag: tagOf(digest) })).data
  } catch (error) {
    return (error as { status?: number }).status === 404 ? undefined : refuse(error, 'cannot be read', 'contents: read')
  }
}

/** Without `target_commitish` the tag is set to main: GitHub lets no job tag a commit whose workflows differ from main's, and the tag's commit says nothing here. */
async function createRelease(github: GitHub, digest: string, origin: string) {
  const { octokit, repository } = github
  const body =
    `${origin} \`${archiveName}\` is the model with its training, \`${cardName}\` says what it is for and how good it is. ` +
    'Workflows find it by its tag, the digest: keep it for as long as a release on the branch `releases` names it.\n'
  const wanted = { name: `Model ${digest.slice(0, 19)}`, body, prerelease: true, make_latest: 'false' } as const
  try {
    return (await octokit.rest.repos.createRelease({ ...repository, tag_name: tagOf(digest), ...wanted })).data
  } catch (error) {
    // Somebody else, or an attempt of ours whose answer was lost, has made it meanwhile.
    const made = (error as { status?: number }).status === 422 ? await releaseOf(github, digest) : undefined
    return made ?? refuse(error, 'cannot be written', 'contents: write')
  }
}

/** The files of a stored training. Throws InputError when they cannot be had, or are not what GitHub has recorded. */
async function readArchive(github: GitHub, { id, size, digest }: Asset): Promise<Map<string, Buffer>> {
  const name = `release asset ${id} (${archiveName})`
  const { allow, maxBytes } = trainingLimits
  if (size > maxBytes) throw new InputError(`${name}: has ${size} bytes, and at most ${maxBytes} are read`)
  const archive = await download(name, maxBytes, () => openAsset(github, id, name))
  if (digest && digest !== sha256(archive))
    throw new InputError(`${name}: is ${sha256(archive)}, and GitHub has recorded ${digest}; run the job again`)
  return untar(archive, name, allow)
}

/** GitHub gives the bytes, or where they are. */
async function openAsset(github: GitHub, id: number, name: string): Promise<URL | AsyncIterable<Uint8Array>> {
  const { octokit, repository } = github
  const signal = AbortSignal.timeout(downloadMs)
  const request = { redirect: 'manual', parseSuccessResponseBody: false, signal } as const
  const headers = { accept: 'application/octet-stream' }
  const answer = await octokit.rest.repos
    .getReleaseAsset({ ...repository, asset_id: id, headers, request })
    .catch((error) => refuse(error, 'cannot be read', 'contents: read'))
  const body = answer.data as unknown as ReadableStream<Uint8Array> | null
  if ((answer.status as number) === 200 && body) return body
  await body?.cancel()
  return linkOf(github, answer.headers.location, name)
}

async function requireDigest(github: GitHub, asset: Asset, digest: string): Promise<void> {
  await using beside = await mkdtempDisposable(join(tmpdir(), 'mergeline-stored-'))
  await writeTraining(beside.path, await readArchive(github, asset))
  const stored = await verifyBundle(join(beside.path, 'bundle'))
  if (stored.digest === digest) return
  throw new InputError(
    `the model store has ${stored.digest} under the tag ${tagOf(digest)}: somebody changed it; delete that release's ${archiveName} and run the job again`,
  )
}
