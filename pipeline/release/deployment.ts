import type { SendClients } from './clients.ts'
import type { Holder } from './holder.ts'
import type { Held, Release, ReleasedModel } from './release.ts'
import type { RolloutEnd } from './rollout.ts'
import type { Registry } from './settle.ts'
import type { Target } from './targets/target.ts'

/** What `deploy` is given. */
export type DeployOptions = {
  readonly root: string
  /** A folder of `environments/`. */
  readonly environment: string
  /** The commit to release. */
  readonly commit: string
  /** The model to release, and its image; without a model, the staging release that is recorded for `commit`. */
  readonly model?: ReleasedModel
  readonly image?: string
  /** The very release, for who carries one on, and its entry on the branch `releases`. */
  readonly release?: Release
  readonly carriesOn?: string
  /** Throws what must not run here, and why, before anything is recorded; told of the request that it answers. */
  readonly admit?: (release: Release, request: string | undefined) => Promise<void>
  /** Brings a model's bundle here and returns its folder. */
  readonly bundle: (model: ReleasedModel) => Promise<string>
  /** Null where there is no registry to tell. */
  readonly registry: Registry | null
  readonly log?: (line: string) => void
  /** Takes the requests from the canary and ends with `held`; ends a wait for others with an error. */
  readonly signal?: AbortSignal
  /** Who rolls it out; without it, this process. */
  readonly holder?: Holder
  /** The id of the request that it answers, recorded when it is not yet: then a later request overtakes it. */
  readonly request?: string
  /** `history`: overtaken by a release of a commit that contains its own. Standard is `request`. */
  readonly order?: 'history' | 'request'
  /** Between two looks at the ledger while somebody else rolls out, in ms. */
  readonly pollMs?: number
  /** What it runs on; without it, this machine. */
  readonly target?: Target
  /** Clients for a rehearsal. */
  readonly clients?: SendClients
}

/** What a rehearsal's clients saw. */
export type ClientsSeen = { readonly requests: number; readonly failed: number; readonly failures: readonly string[] }

export type DeployResult = Pick<RolloutEnd, 'verdict' | 'evidence' | 'canaryRequests' | 'unserved'> & {
  /** `superseded`: a newer one overtook it before it was decided; that is nobody's fault. */
  readonly outcome: RolloutEnd['outcome'] | 'unchanged' | 'superseded'
  readonly reason: string
  readonly environment: string
  readonly release: Release
  readonly digest: string
  /** On the branch `releases`; absent where nothing was released. */
  readonly releaseCommit?: string
  /** Absent where nothing was rolled back, or Git could not be written to yet. */
  readonly revertCommit?: string
  /** The entry that says by what it was overtaken. */
  readonly supersedeCommit?: string
  /** Absent where nothing was rolled back, or the deadline alone did it. */
  readonly held?: Held
  /** Absent where no clients were sent. */
  readonly clients?: ClientsSeen
  readonly gatewayUrl: string
}
