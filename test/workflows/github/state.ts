/** What GitHub knows of one repository, as plain data: tests read it and may seed it. Times are ISO 8601 in UTC, ids are unique over all kinds. */
export type State = {
  /** `owner/name` */
  readonly repository: string
  readonly private: boolean
  lastId: number
  readonly pulls: Pull[]
  readonly issueComments: IssueComment[]
  /** One entry an attempt. */
  readonly runs: Run[]
  readonly jobs: Job[]
  /** Check runs made through the API; jobs are check runs by themselves. */
  readonly checks: Check[]
  readonly artifacts: Artifact[]
  readonly releases: Release[]
  readonly assets: Asset[]
  readonly environments: Environment[]
  readonly deployments: Deployment[]
  readonly approvals: Approval[]
  readonly attestations: Attestation[]
  readonly variables: { [name: string]: string }
  /** Rulesets beside those in `.github/rulesets/` of main. */
  readonly rulesets: Ruleset[]
  /** What people may do; who is not named here may write. */
  readonly roles: { [login: string]: Role }
  /** What could start a workflow, in order. */
  readonly events: Event[]
  readonly requests: Logged[]
  /** What GitHub does not know or would not take; empty after a test of ours. */
  readonly violations: Violation[]
}

export type Role = 'read' | 'write' | 'maintain' | 'admin'

/** `merged` names who merged, how, and every commit that came onto main by it. */
export type Pull = {
  readonly number: number
  readonly id: number
  readonly owner: string
  readonly branch: string
  readonly author: string
  readonly createdAt: string
  title: string
  body: string
  headSha: string
  baseSha: string
  state: 'open' | 'closed'
  /** The trial merge at `refs/pull/N/merge`; null where the two conflict. */
  trialSha: string | null
  merged: { readonly sha: string; readonly commits: readonly string[]; readonly at: string; readonly by: string } | null
  updatedAt: string
}

export type IssueComment = {
  readonly id: number
  readonly issue: number
  readonly author: string
  readonly createdAt: string
  body: string
  updatedAt: string
}

/** `workflow` is the file's path, `.github/workflows/x.yml`. */
export type Run = {
  readonly id: number
  readonly attempt: number
  readonly number: number
  readonly workflow: string
  readonly event: string
  readonly headSha: string
  readonly headBranch: string
  readonly headRepository: string
  readonly actor: string
  readonly createdAt: string
  status: 'queued' | 'in_progress' | 'waiting' | 'completed'
  conclusion: string | null
  updatedAt: string
}

export type Job = {
  readonly id: number
  readonly runId: number
  readonly attempt: number
  readonly name: string
  readonly startedAt: string
  status: 'in_progress' | 'completed'
  conclusion: string | null
  completedAt: string | null
}

export type Check = {
  readonly id: number
  readonly sha: string
  name: string
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: string | null
  title: string | null
  summary: string | null
  readonly startedAt: string
  completedAt: string | null
}

/** `file` holds the archive; null until the upload is finalised. `digest` is the archive's, `sha256:…`. */
export type Artifact = {
  readonly id: number
  readonly runId: number
  readonly attempt: number
  readonly name: string
  readonly createdAt: string
  expiresAt: string
  file: string | null
  size: number
  digest: string | null
  expired: boolean
}

export type Release = {
  readonly id: number
  readonly author: string
  readonly createdAt: string
  tag: string
  target: string
  name: string | null
  body: string | null
  draft: boolean
  prerelease: boolean
  latest: boolean
  publishedAt: string | null
}

/** `starter` is what an upload leaves that broke off: it has no bytes, holds the name, and may be deleted. */
export type Asset = {
  readonly id: number
  readonly releaseId: number
  readonly uploader: string
  readonly contentType: string
  readonly createdAt: string
  readonly file: string
  name: string
  label: string | null
  state: 'uploaded' | 'starter'
  size: number
  digest: string | null
  downloads: number
}

export type Environment = { readonly id: number; readonly name: string; readonly reviewers: readonly string[] }

export type Deployment = {
  readonly id: number
  readonly environment: string
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly description: string | null
  readonly payload: unknown
  readonly creator: string
  readonly createdAt: string
  readonly statuses: DeploymentStatus[]
}

export type DeploymentStatus = {
  readonly id: number
  readonly state: string
  readonly description: string
  readonly logUrl: string
  readonly environmentUrl: string
  readonly creator: string
  readonly createdAt: string
}

export type Approval = {
  readonly runId: number
  readonly environment: string
  readonly state: 'approved' | 'rejected'
  readonly by: string
  readonly comment: string
}

/** `subject` is the digest, `sha256:…`; `bundle` is Sigstore's. */
export type Attestation = { readonly subject: string; readonly bundle: { readonly [key: string]: unknown } }

/** A ruleset as GitHub exports it (https://docs.github.com/rest/repos/rules#create-a-repository-ruleset). */
export type Ruleset = {
  readonly name: string
  readonly target?: 'branch' | 'tag' | 'push'
  readonly enforcement: 'active' | 'disabled' | 'evaluate'
  readonly conditions?: {
    readonly ref_name?: { readonly include: readonly string[]; readonly exclude: readonly string[] }
  }
  readonly rules?: readonly { readonly type: string; readonly parameters?: { readonly [name: string]: unknown } }[]
  readonly bypass_actors?: readonly {
    readonly actor_id?: number | null
    readonly actor_type: string
    readonly bypass_mode?: string
  }[]
}

/** `starts` says whether GitHub starts workflows for it: what a job's token did starts none. */
export type Event = {
  readonly event: 'push' | 'pull_request' | 'merge_group'
  readonly action?: 'opened' | 'synchronize' | 'closed' | 'checks_requested'
  readonly pull?: number
  readonly ref: string
  readonly before: string
  readonly after: string
  readonly actor: string
  readonly starts: boolean
}

/** A request of any of the services. `job` is that of the token; `operation` is the route's method and path as GitHub's description has them. */
export type Logged = {
  readonly service: string
  readonly method: string
  readonly path: string
  readonly operation: string
  readonly who: string
  readonly query: { readonly [name: string]: string }
  readonly body?: unknown
  status: number
}

export type Violation = { readonly request: string; readonly what: string }

/** A repository without anything in it. */
export function emptyState(repository: string, isPrivate: boolean): State {
  return {
    repository,
    private: isPrivate,
    lastId: 1000,
    pulls: [],
    issueComments: [],
    runs: [],
    jobs: [],
    checks: [],
    artifacts: [],
    releases: [],
    assets: [],
    environments: [],
    deployments: [],
    approvals: [],
    attestations: [],
    variables: {},
    rulesets: [],
    roles: {},
    events: [],
    requests: [],
    violations: [],
  }
}

/** An id that nothing else has. */
export const nextId = (state: State) => ++state.lastId

/** Now, to the second, as GitHub writes it. */
export const now = () => `${new Date().toISOString().slice(0, 19)}Z`
