import { openGitHub } from '../../../actions/shared/github.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { git } from './git/command.ts'
import type { Level } from './permissions.ts'
import type { start } from './scratch.ts'

type Scratch = Awaited<ReturnType<typeof start>>

type JobIn = { readonly fork?: boolean; readonly headSha?: string }

/** What an action has in a job with these permissions: Octokit as our actions open it, and a plain call that neither waits nor tries again. */
export function inJob(
  github: Scratch,
  permissions: { readonly [scope: string]: Level },
  { fork = false, headSha = 'a'.repeat(40) }: JobIn = {},
) {
  const run = github.startRun({ workflow: '.github/workflows/x.yml', event: 'push', headSha, headBranch: 'main' })
  const { token, runtimeToken } = github.mintToken({ runId: run.id, job: 'model', permissions, fork })
  const env = { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.state.repository }
  return {
    run,
    token,
    runtimeToken,
    ...openGitHub(readRunner(env), token),
    call: (method: string, path: string, body?: object) => callWith(github, token, method, path, body),
  }
}

/** One request below the repository (`uploads:` before the path for the host that takes assets). Returns the body, with the status as `httpStatus`. */
export async function callWith(github: Scratch, token: string, method: string, path: string, body?: object) {
  const [, uploads = '', rest = ''] = /^(uploads:)?(.*)$/.exec(path) ?? []
  const root = `${uploads ? github.uploadsUrl : github.apiUrl}/repos/${github.state.repository}`
  const headers = { 'user-agent': 'test', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const sent = body === undefined ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }
  const response = await fetch(`${root}${rest ? `/${rest}` : ''}`, { method, headers, redirect: 'manual', ...sent })
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: the description says what is in it
  const data: any = text === '' ? {} : JSON.parse(text)
  return Array.isArray(data)
    ? data
    : { ...data, httpStatus: response.status, location: response.headers.get('location') }
}

/** A branch with one commit more than main, and its pull request; the clone is at main afterwards. */
export async function pullRequest(github: Scratch, branch = 'change') {
  await git(github.root, ['switch', '--quiet', '-c', branch])
  await github.commit(branch, '2\n')
  await github.push('origin', branch)
  const pull = await github.openPull({ branch, title: `Add ${branch}` })
  await git(github.root, ['switch', '--quiet', 'main'])
  return pull
}
