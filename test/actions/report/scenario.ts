import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GitHub, openGitHub } from '../../../actions/shared/github.ts'
import { readRunner } from '../../../actions/shared/runner.ts'
import { resultsIn } from '../../../pipeline/report/comment.ts'
import type { Report } from '../../../pipeline/report/report.ts'
import { toJson } from '../../../pipeline/report/report-json.ts'
import { gate } from '../../report/sample.ts'
import { type Ended, start } from '../action.ts'
import { type ZipEntry, zipOf } from '../zip.ts'
import { startGitHub, type World } from './github.ts'

export const commit = '3f2c1ab9'.repeat(5)
const digest = `sha256:${'9c'.repeat(32)}`

/** A report of a pull request as it is most days. */
export const report: Report = {
  title: 'ice-cream-sales sha256:9c9c9c9c9c9c',
  gate: { ...gate, scored: gate.scored.map((scored, index) => (index === 0 ? { ...scored, digest } : scored)) },
  training: { reused: false, epochs: 30, seconds: 12.3, fingerprint: `sha256:${'4f'.repeat(32)}`, digest },
  next: ['Merge: this very model is registered and rolled out to staging.'],
}

/** The artifact that `evaluate-gate` leaves. */
export const artifactOf = (json: string | Report, more: readonly ZipEntry[] = []) => ({
  id: 71,
  archive: zipOf([
    { path: 'report.json', content: typeof json === 'string' ? json : toJson(json) },
    { path: 'report.html', content: '<!doctype html>' },
    ...more,
  ]),
})

export const pull = { number: 5, head: { ref: 'more-room', sha: commit, repo: { id: 1 } } }

/** A world in which run 900 was the pull request's, and left a report; what a scenario says comes instead. */
export const world = (changes: Partial<World> = {}): World => ({
  pulls: [pull],
  comments: [],
  artifacts: [artifactOf(report)],
  releases: [],
  tags: [],
  ...changes,
})

type Run = { readonly [key: string]: unknown }

export const run = {
  id: 900,
  run_number: 12,
  run_attempt: 1,
  event: 'pull_request',
  conclusion: 'success',
  head_sha: commit,
  head_branch: 'more-room',
  head_repository: { id: 1, full_name: 'acme/shop', owner: { login: 'acme' } },
}

export type Scenario = Ended & { readonly requests: readonly { readonly told: string; readonly body?: unknown }[] }

type More = {
  readonly workspace?: string
  readonly inputs?: { readonly [name: string]: string }
  readonly env?: { readonly [name: string]: string }
}

/** Starts the action for a run that has ended, as the runner does, and tells what it asked GitHub for. */
export async function reported(at: World, changes: Run = {}, more: More = {}): Promise<Scenario> {
  const folder = await mkdtemp(join(tmpdir(), 'mergeline-report-'))
  try {
    const payload = join(folder, 'event.json')
    await writeFile(payload, JSON.stringify({ action: 'completed', workflow_run: { ...run, ...changes } }))
    const env = { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_EVENT_PATH: payload, ...more.env }
    return await acted(at, { workspace: folder, ...more, env })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Starts the action for whatever event. */
export async function acted(at: World, { workspace = '', inputs = {}, env = {} }: More): Promise<Scenario> {
  await using github = await startGitHub(at)
  const ended = await start('report', {
    workspace,
    inputs,
    token: 't0ken',
    env: {
      GITHUB_API_URL: github.url,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: 'acme/shop',
      ...env,
    },
  })
  return { ...ended, requests: github.requests }
}

/** Asks the same GitHub in this process: for the many cases of one part of the action. */
export async function asking<T>(at: World, ask: (github: GitHub) => Promise<T>): Promise<T> {
  await using github = await startGitHub(at)
  const env = { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: 'acme/shop' }
  return await ask(openGitHub(readRunner(env), 't0ken'))
}

/** What a snapshot keeps: the log, outputs and summary, all requests, and the comments as people and as our marker tell them. */
export function toldOf({ code, log, outputs, summary, requests }: Scenario, { comments }: World): string {
  const bodies = requests.flatMap(({ told, body }) => [told, ...(body ? [`  ${Object.keys(body)}`] : [])])
  const texts = comments.flatMap(({ id, user, body }) => [
    `--- comment ${id} by ${user.login}, which knows ${JSON.stringify(resultsIn(body))}`,
    readable(body),
  ])
  return [
    `exit code ${code}`,
    log,
    '--- requests',
    ...bodies,
    '--- outputs',
    ...Object.entries(outputs).map(([name, value]) => `${name}=${value}`),
    '--- summary',
    summary,
    ...texts,
  ].join('\n')
}

const readable = (body: string) => body.replace(/(?<=^<!-- mergeline:report )\S+/, '…')
