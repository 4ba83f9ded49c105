import { basename } from 'node:path'
import { type Document, isMap, parseDocument, type YAMLMap } from 'yaml'
import { git } from '../github/git/command.ts'

/** A workflow file at a commit, as far as GitHub itself acts on it; the rest is act's. */
export type Workflow = {
  /** `staging.yml` */
  readonly file: string
  readonly name: string
  readonly text: string
  readonly sha: string
  readonly on: Triggers
  readonly permissions: unknown
  readonly concurrency: unknown
  readonly jobs: { readonly [id: string]: JobFile }
}

export type Triggers = { readonly [event: string]: { readonly [filter: string]: unknown } | null }

/** A job as it is written; what may be an expression is not evaluated yet. */
export type JobFile = {
  readonly id: string
  readonly name: string
  readonly needs: readonly string[]
  readonly condition: string | undefined
  readonly environment: { readonly name: string; readonly url: string } | undefined
  readonly concurrency: unknown
  readonly permissions: unknown
  readonly timeoutMinutes: string
  readonly strategy: { readonly matrix?: unknown; readonly 'fail-fast'?: unknown } | undefined
  readonly steps: readonly StepFile[]
}

export type StepFile = {
  readonly id: string
  readonly name: string
  readonly condition: string
  readonly uses: string | undefined
}

type Written = { readonly [key: string]: unknown }

/** Reads `.github/workflows/<file>` of a commit. Throws with the place where it is not YAML, and for what is not played here. */
export async function readWorkflow(origin: string, sha: string, file: string): Promise<Workflow> {
  const path = `.github/workflows/${file}`
  const text = await git(origin, ['cat-file', 'blob', `${sha}:${path}`])
  const document = parseDocument(text)
  const wrong = document.errors[0]
  if (wrong) throw new Error(`${path}: ${wrong.message}`)
  const { name = path, on, permissions, concurrency, jobs } = document.toJS() as Written
  const entries = Object.entries(jobs as { [id: string]: Written }).map(
    ([id, job]) => [id, jobOf(id, job, path)] as const,
  )
  return {
    file,
    name: String(name),
    text,
    sha,
    on: triggersOf(on),
    permissions,
    concurrency,
    jobs: Object.fromEntries(entries),
  }
}

/** The files in `.github/workflows/` of a commit. */
export async function workflowFiles(origin: string, sha: string): Promise<string[]> {
  const listed = await git(origin, ['ls-tree', '--name-only', sha, '.github/workflows/'])
  return listed
    .split('\n')
    .filter((path) => /\.ya?ml$/.test(path))
    .map((path) => basename(path))
}

function triggersOf(on: unknown): Triggers {
  if (typeof on === 'string') return { [on]: null }
  if (Array.isArray(on)) return Object.fromEntries(on.map((event) => [String(event), null]))
  return on as Triggers
}

function jobOf(id: string, job: Written, path: string): JobFile {
  for (const key of ['uses', 'container', 'services', 'continue-on-error'])
    if (key in job) throw new Error(`${path}: job ${id} has \`${key}\`, which is not played here`)
  const { needs = [], environment, concurrency, permissions, strategy } = job
  const steps = (job['steps'] as readonly Written[]).map(stepOf)
  return {
    id,
    name: String(job['name'] ?? id),
    needs: typeof needs === 'string' ? [needs] : (needs as string[]),
    condition: job['if'] === undefined ? undefined : String(job['if']),
    environment: environment === undefined ? undefined : environmentOf(environment),
    concurrency,
    permissions,
    timeoutMinutes: String(job['timeout-minutes'] ?? 360),
    strategy: strategy as JobFile['strategy'],
    steps,
  }
}

function environmentOf(environment: unknown) {
  const { name, url = '' } = typeof environment === 'string' ? { name: environment } : (environment as Written)
  return { name: String(name), url: String(url) }
}

/** act numbers the steps that have no id; GitHub shows those without a name by what they run. */
function stepOf({ id, name, uses, run, if: condition = '' }: Written, index: number): StepFile {
  const shown = name ?? (uses === undefined ? `Run ${String(run).trimStart().split('\n')[0]}` : `Run ${uses}`)
  return {
    id: String(id ?? index),
    name: String(shown),
    condition: String(condition),
    uses: uses === undefined ? undefined : String(uses),
  }
}

/** The job's own node in a workflow's document. */
export function jobNode(document: Document, id: string): YAMLMap {
  const node = document.getIn(['jobs', id])
  if (!isMap(node)) throw new Error(`the workflow has no job ${id}`)
  return node
}
