import { algorithms } from './algorithms/bench.ts'
import { coverage } from './algorithms/coverage.ts'
import { refit } from './algorithms/refit.ts'
import { audit } from './audit/bench.ts'
import { backends } from './backends.ts'
import { exploration } from './exploration.ts'
import { gate, gateWhole } from './gate/bench.ts'
import { gateway } from './gateway/bench.ts'
import { instants } from './instants/bench.ts'
import { rollout } from './rollout/bench.ts'
import { healthy } from './rollout/healthy.ts'
import { kills } from './rollout/kills.ts'
import { scikit } from './scikit/bench.ts'
import { searching } from './search/bench.ts'
import { serving } from './serving/bench.ts'
import { overloaded } from './serving/overload.ts'
import { refused } from './serving/refused.ts'
import { training } from './training/bench.ts'
import { validation } from './validation/bench.ts'
import { corruption } from './validation/corruption.ts'
import { verdict } from './verdict/bench.ts'

/** What a measurement found. `rows` have the same columns; `missed` names the goals that were not reached, each in a line. */
export type Found = {
  readonly title: string
  readonly rows: readonly { readonly [column: string]: string | number }[]
  readonly notes?: readonly string[]
  readonly missed?: readonly string[]
}

/** A measurement: `quick` is for a test that it works, and its figures mean little; `size` is how much of it, in its own unit, where it can be chosen. `say` tells of progress. */
export type Bench = {
  readonly describe: string
  readonly run: (options: {
    readonly quick: boolean
    readonly size?: number
    readonly say: (line: string) => void
  }) => Promise<Found>
}

export const benches: { readonly [name: string]: Bench } = {
  algorithms,
  audit,
  backends,
  corruption,
  coverage,
  exploration,
  gate,
  'gate-whole': gateWhole,
  gateway,
  healthy,
  instants,
  kills,
  overload: overloaded,
  refit,
  refused,
  rollout,
  scikit,
  search: searching,
  serving,
  training,
  validation,
  verdict,
}
