import { setTimeout as sleep } from 'node:timers/promises'
import type { GitHub } from './github.ts'
import { refuse } from './release-asset.ts'

const attempts = 4
const pauseMs = 500

/** The tag of the release that keeps a model, by the model's digest (`sha256:…`). */
export const tagOf = (digest: string) => `model-${digest.replace('sha256:', '')}`

/** The published release that keeps a model; GitHub finds no draft by its tag. Throws InputError when it cannot be read. */
export async function releaseOf({ octokit, repository }: GitHub, digest: string) {
  try {
    return (await octokit.rest.repos.getReleaseByTag({ ...repository, tag: tagOf(digest) })).data
  } catch (error) {
    return (error as { status?: number }).status === 404 ? undefined : refuse(error, 'cannot be read', 'contents: read')
  }
}

/**
 * A draft of the release that keeps a model: one that was left by a job that ended, or that another job is at, or a new one. Drafts are not held apart by their tags, so an
 * attempt whose answer was lost is looked for before the next. Throws InputError when GitHub does not take it.
 */
export async function openDraft(github: GitHub, digest: string, body: string) {
  const { octokit, repository } = github
  // Without `target_commitish` the tag is set to main: GitHub lets no job tag a commit whose workflows differ from main's, and the tag's commit says nothing here.
  const named = { ...repository, tag_name: tagOf(digest), name: `Model ${digest.slice(0, 19)}`, body }
  for (let attempt = 1; ; attempt++) {
    const left = await draftOf(github, digest)
    if (left) return left
    try {
      const wanted = { ...named, draft: true, prerelease: true, request: { retries: 0 } }
      return (await octokit.rest.repos.createRelease(wanted)).data
    } catch (error) {
      const { status = 0 } = error as { status?: number }
      if (status < 500 || attempt === attempts) return refuse(error, 'cannot be written', 'contents: write')
      await sleep(pauseMs * 2 ** attempt * (0.5 + Math.random() / 2))
    }
  }
}

async function draftOf({ octokit, repository }: GitHub, digest: string) {
  const pages = octokit.paginate.iterator(octokit.rest.repos.listReleases, { ...repository, per_page: 100 })
  try {
    for await (const { data } of pages) {
      const left = data.find(({ draft, tag_name }) => draft && tag_name === tagOf(digest))
      if (left) return left
    }
    return undefined
  } catch (error) {
    return refuse(error, 'cannot be read', 'contents: write')
  }
}

/** Publishes a draft, never as the latest release. Throws InputError when GitHub does not take it: another may have its tag. */
export async function publish({ octokit, repository }: GitHub, id: number) {
  const wanted = { ...repository, release_id: id, draft: false, prerelease: true, make_latest: 'false' } as const
  const { data } = await octokit.rest.repos
    .updateRelease(wanted)
    .catch((error) => refuse(error, 'cannot be written', 'contents: write'))
  return data
}

/** Removes a draft that another release came before. Throws InputError when GitHub does not take it. */
export async function dropDraft({ octokit, repository }: GitHub, id: number): Promise<void> {
  const gone = (error: { status?: number }) =>
    error.status === 404 ? undefined : refuse(error, 'cannot be written', 'contents: write')
  await octokit.rest.repos.deleteRelease({ ...repository, release_id: id }).catch(gone)
}
