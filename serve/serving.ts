import type { onRequestHookHandler } from 'fastify'
import type { Audit } from './audit/audit.ts'
import type { Explainer } from './explainer.ts'
import type { ModelFacts, ServedBundle } from './model.ts'
import type { Predictor } from './predictor.ts'
import type { Scope } from './principal.ts'
import type { RecordCheck } from './record-check.ts'
import type { Reload } from './reload.ts'

export type Insight = {
  readonly card?: string | undefined
  readonly rollout?: { readonly url: string; readonly tokenFile: string } | undefined
}

/** What the routes have in common. */
export type Serving = {
  readonly bundle: ServedBundle
  readonly model: ModelFacts
  readonly environment: string
  /** Versions of what computes, for `/health`. */
  readonly versions: Readonly<Record<string, string>>
  /** Hooks that let those through who have the scope, and have not asked too often. */
  readonly needs: (scope: Scope) => onRequestHookHandler[]
  readonly predict: Predictor
  readonly explain: Explainer
  readonly records: RecordCheck
  /** Records in one request. */
  readonly maxRecords: number
  readonly draining: () => boolean
  /** Where the page's insights come from: the model card's file, and the gateway's control side. */
  readonly insight: Insight
  readonly audit?: Audit | undefined
  /** Serves the bundle that lies in its place now, where there is a place to look at. */
  readonly reload?: Reload | undefined
}
