import { createHash } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import type { ModelStore } from '../../pipeline/steps/elsewhere.ts'
import { verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { download, downloadMs, linkOf } from './download.ts'
import type { GitHub } from './github.ts'
import { dropDraft, openDraft, publish, releaseOf, tagOf } from './model-release.ts'
import { type Asset, keepAsset, refuse } from './release-asset.ts'
import { tarOf, trainingLimits, writeTraining } from './training-files.ts'
import { untar } from './untar.ts'

const archiveName = 'training.tar'
const cardName = 'model-card.md'
const datasheetName = 'datasheet.md'

const describe =
  `\`${archiveName}\` is the model with its training, \`${cardName}\` says what it is for and how good it is, \`${datasheetName}\` what its data are. ` +
  'Workflows find it by its tag, the digest: keep it for as long as a release on the branch `releases` names it.\n'

type Release = { readonly id: number; readonly upload_url: string; readonly html_url: string }

/**
 * The model store: a GitHub release for each registered model, its digest as tag, with the finished training, the model card and the datasheet as files. It is a draft until all are whole:
 * where releases are immutable, nothing can be added to one that is published. What is there stays; only what is missing or was left half-uploaded is written, so that it may
 * be done again, and by two at once. `origin` is a sentence for people: who registered it.
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
    keep: async ({ digest, folder, card, datasheet }) => {
      const github = await connect()
      const archive = await tarOf(folder)
      const keepIn = async (release: Release) => {
        const stored = await keepAsset(github, release, archiveName, archive)
        await keepAsset(github, release, cardName, Buffer.from(card))
        // Another training may have given the same model, in another time: then its archive is another, and what counts is the bundle in it.
        if (stored && stored.digest !== sha256(archive)) await requireDigest(github, stored, digest)
        return { url: release.html_url, created: stored === undefined }
      }
      const published = await releaseOf(github, digest)
      if (published) return keepIn(published)
      const body = `${origin} ${describe}`
      const draft = await openDraft(github, digest, body)
      try {
        const kept = await keepIn(draft)
        // One that is published may be older than datasheets, and cannot be added to.
        await keepAsset(github, draft, datasheetName, Buffer.from(datasheet))
        return { ...kept, url: (await publish(github, draft.id)).html_url }
      } catch (error) {
        // Somebody else has published it meanwhile, or an attempt of ours whose answer was lost.
        const other = await releaseOf(github, digest)
        if (!other) throw error
        if (other.id !== draft.id) await dropDraft(github, draft.id)
        return keepIn(other)
      }
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

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

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
