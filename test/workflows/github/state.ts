import type {
  Approval,
  Artifact,
  Asset,
  Attestation,
  Check,
  Deployment,
  Environment,
  IssueComment,
  Job,
  Pull,
  Release,
  Role,
  Ruleset,
  Run,
} from './things.ts'

export type * from './things.ts'

/** What GitHub knows of one repository, as plain data: tests read it and may seed it. Times are ISO 8601 in UTC, ids are unique over all kinds. */
export type State = {
  /** `owner/name` */
  readonly repository: string
  readonly private: boolean
  /** Whether what is published from now on can no longer be changed, nor its files. */
  immutableReleases: boolean
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
    immutableReleases: false,
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
