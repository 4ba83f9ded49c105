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
  /** The branch that it asks to be merged into. */
  base: string
  baseSha: string
  /** When its base was changed, and by whom. */
  readonly retargeted: { readonly id: number; readonly at: string; readonly by: string }[]
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
  immutable: boolean
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
