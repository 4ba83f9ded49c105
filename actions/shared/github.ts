import { getOctokit } from '@actions/github'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { InputError } from '../../pipeline/errors.ts'
import { say } from './log.ts'
import type { Runner } from './runner.ts'

/** A connection to the repository on GitHub that a workflow runs for. */
export type GitHub = {
  readonly octokit: ReturnType<typeof getOctokit>
  /** Owner and name, as every call of Octokit takes them. */
  readonly repository: { readonly owner: string; readonly repo: string }
}

/** No answer of GitHub's takes longer; downloads have their own time. */
const timeoutMs = 30_000

/**
 * Connects with a job's token. Calls that fail for a while are repeated with backoff, and rate limits waited for
 * (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api). Throws InputError where the runner names no repository.
 */
export function openGitHub({ github }: Runner, token: string): GitHub {
  const [owner, repo] = github.repository.split('/')
  if (!owner || !repo) throw new InputError('GITHUB_REPOSITORY is not set, so this is not a runner of GitHub Actions')
  const wait = (seconds: number, { method, url }: { method: string; url: string }, _: unknown, tries: number) => {
    if (tries >= 3) return false
    say(`GitHub asks to wait ${seconds} s before ${method} ${url}`)
    return true
  }
  const octokit = getOctokit(
    token,
    {
      baseUrl: github.apiUrl,
      request: {
        fetch: (url: string, options: RequestInit) =>
          fetch(url, { ...options, signal: options.signal ?? AbortSignal.timeout(timeoutMs) }),
      },
      throttle: { onRateLimit: wait, onSecondaryRateLimit: wait },
    },
    retry,
    throttling,
  )
  return { octokit, repository: { owner, repo } }
}
