import { setTimeout as sleep } from 'node:timers/promises'
import { isMarked, movedTo } from '../../pipeline/report/comment.ts'
import type { GitHub } from './github.ts'
import { refusal } from './refusal.ts'
import { sameText } from './same-text.ts'

export type Posted =
  | { readonly posted: 'created' | 'updated' | 'unchanged' | 'newer'; readonly url: string }
  | { readonly refused: string }

const tries = 3

/**
 * Keeps one comment of ours on a pull request: found by our marker and by who wrote it, for anybody can write the marker. `compose` gets the text so far (empty where there
 * is none) and gives the new one, or null when that is to stay. Should there be two of ours, the oldest is kept up to date and the others point to it.
 */
export async function postComment(
  github: GitHub,
  { pull, author }: { readonly pull: number; readonly author: string },
  compose: (before: string) => string | null,
): Promise<Posted> {
  for (let attempt = 1; ; attempt++) {
    const { octokit, repository } = github
    try {
      const [first, ...others] = await ours(github, pull, author)
      const body = compose(first?.body ?? '')
      if (!first) {
        // Not repeated by Octokit: one whose answer was lost would be there twice. We look first whether it is.
        const made = { ...repository, issue_number: pull, body: body ?? '', request: { retries: 0 } }
        return { posted: 'created', url: (await octokit.rest.issues.createComment(made)).data.html_url }
      }
      const { id, html_url: url } = first
      const changed = body !== null && !sameText(body, first.body ?? '')
      if (changed) await octokit.rest.issues.updateComment({ ...repository, comment_id: id, body })
      for (const other of others)
        await octokit.rest.issues.updateComment({ ...repository, comment_id: other.id, body: movedTo(url) })
      return { posted: body === null ? 'newer' : changed ? 'updated' : 'unchanged', url }
    } catch (error) {
      const { status } = error as { readonly status?: number }
      if (status === undefined || status < 500 || attempt === tries) return refusal(error)
      await sleep(Math.random() * 1000 * 2 ** attempt)
    }
  }
}

/** Our comments, the oldest first. No person's login ends with `[bot]`, but an app that goes by another author's rules may take any words. */
async function ours({ octokit, repository }: GitHub, pull: number, author: string) {
  const wanted = { ...repository, issue_number: pull, per_page: 100 }
  const all = await octokit.paginate(octokit.rest.issues.listComments, wanted)
  const type = author.endsWith('[bot]') ? 'Bot' : 'User'
  return all
    .filter(({ user, body }) => user?.login === author && user.type === type && isMarked(body ?? ''))
    .toSorted((a, b) => a.id - b.id)
}
