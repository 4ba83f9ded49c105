import { InputError } from '../../pipeline/errors.ts'
import type { GitHub } from './github.ts'
import { sameText } from './same-text.ts'

/** What is written of a GitHub release. */
type Content = {
  readonly name: string
  readonly body: string
  readonly prerelease: boolean
  readonly make_latest: 'true' | 'false'
}

/**
 * Keeps the GitHub release of a tag: makes it, or updates the one that is there, which people or an earlier attempt have made. `compose` gets its text and its title so far. Throws InputError
 * where the tag is gone: GitHub would make it anew, on another commit.
 */
export async function keepRelease(
  github: GitHub,
  tag: string,
  compose: (before: string, name: string) => Content,
): Promise<{ readonly posted: 'created' | 'updated' | 'unchanged'; readonly url: string }> {
  const { octokit, repository } = github
  const there = await releaseOf(github, tag)
  if (there) {
    const { name, body, prerelease } = there
    const content = compose(body ?? '', name ?? '')
    const same = content.name === name && content.prerelease === prerelease && sameText(content.body, body ?? '')
    if (!same) await octokit.rest.repos.updateRelease({ ...repository, release_id: there.id, ...content })
    return { posted: same ? 'unchanged' : 'updated', url: there.html_url }
  }
  await octokit.rest.git.getRef({ ...repository, ref: `tags/${tag}` }).catch((error) => {
    if (error.status !== 404) throw error
    throw new InputError(`the tag ${tag} is gone, so it gets no release; push it again if it was not meant to go`)
  })
  // Not repeated by Octokit: one whose answer was lost would be there already.
  const wanted = { ...repository, tag_name: tag, ...compose('', ''), request: { retries: 0 } }
  try {
    return { posted: 'created', url: (await octokit.rest.repos.createRelease(wanted)).data.html_url }
  } catch (error) {
    const { status = 0 } = error as { readonly status?: number }
    if (status !== 422 && status < 500) throw error
    const made = await releaseOf(github, tag)
    if (!made) throw error
    return { posted: 'created', url: made.html_url }
  }
}

async function releaseOf({ octokit, repository }: GitHub, tag: string) {
  try {
    return (await octokit.rest.repos.getReleaseByTag({ ...repository, tag })).data
  } catch (error) {
    if ((error as { readonly status?: number }).status === 404) return undefined
    throw error
  }
}
