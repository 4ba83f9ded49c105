import type { Fault } from '../github/faults.ts'
import type { Logged } from '../github/state.ts'
import type { Moment } from '../runner/machine.ts'

/** An instant within a step. */
export type Middle = {
  readonly name: string
  /** The operation that GitHub is asked for then. */
  readonly operation?: string
  /** What becomes of its answer. */
  readonly fault?: Fault
  /** Where it matters: a rollout that is cancelled while nothing is on trial goes on to its end. */
  readonly how?: 'killed' | 'cancelled'
  /** Fresh for each attempt: it may count. */
  readonly moment: () => Omit<Moment, 'step'>
}

/** GitHub does what it is asked for, and nobody hears the answer. */
const unheard: Fault = { after: true, delayMs: 1000 }

const asks = (
  operation: string,
  { nth = 1, named, fault = unheard }: { nth?: number; named?: string; fault?: Fault } = {},
): Middle => ({
  name: `when GitHub has its ${operation}${named ? ` of ${named}` : ''}${nth > 1 ? `, the ${nth}nd` : ''}${fault === unheard ? '' : ', half of it'}`,
  operation,
  fault,
  moment: () => {
    let left = nth
    const fits = ({ operation: asked, method, query }: Logged) =>
      asked === operation && method !== 'GET' && (named === undefined || query['name'] === named)
    return { asks: (request) => fits(request) && --left === 0 }
  },
})

const says = (line: RegExp): Middle => ({ name: `when it says ${line}`, moment: () => ({ when: line }) })

const killed = (middles: readonly Middle[]) => middles.map((each) => ({ ...each, how: 'killed' as const }))

const artifact = [asks('CreateArtifact'), asks('PUT blob'), asks('FinalizeArtifact')]
const push = 'git-receive-pack'
const releases = 'POST /repos/{owner}/{repo}/releases'
const one = '/repos/{owner}/{repo}/releases/{release_id}'
const assets = `POST ${one}/assets`
const starts = killed([asks(push), says(/^starting /), says(/is ready and predicts/)])
const ends = (environment: string) => [...killed([says(new RegExp(`^${environment} runs `))]), asks(push, { nth: 2 })]

/** Between what a step writes anywhere, in the order in which it does. */
export const middles: { readonly [step: string]: readonly Middle[] } = {
  'pull-request.yml model Run ./actions/train': artifact,
  'pull-request.yml model Run ./actions/evaluate-gate': artifact,
  'report.yml report Run ./actions/report': [asks('POST /repos/{owner}/{repo}/issues/{issue_number}/comments')],
  'staging.yml model Run ./actions/train': artifact,
  'staging.yml model Run ./actions/evaluate-gate': artifact,
  'staging.yml deploy Run ./actions/register': [
    asks(releases),
    asks(assets, { named: 'training.tar', fault: { reset: true } }),
    asks(assets, { named: 'training.tar' }),
    asks(assets, { named: 'model-card.md' }),
    asks(assets, { named: 'datasheet.md' }),
    asks(`PATCH ${one}`),
  ],
  'staging.yml deploy Run ./actions/deploy': [...starts, ...ends('staging')],
  'production.yml approve Run ./actions/deploy': [asks(push)],
  'production.yml deploy Run ./actions/deploy': [
    ...starts,
    { ...says(/^canary at /), how: 'cancelled' },
    ...killed([says(/^promote: /)]),
    ...ends('production'),
  ],
  'production.yml deploy Run ./actions/report': [asks(releases)],
}

/** What else jobs ask GitHub for by POST, PUT, PATCH or DELETE: reading, and what may be asked for again, because it says what shall be. */
export const repeatable: readonly string[] = [
  'git-upload-pack',
  'ListArtifacts',
  'GetSignedArtifactURL',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'DELETE /repos/{owner}/{repo}/releases/{release_id}',
  'DELETE /repos/{owner}/{repo}/releases/assets/{asset_id}',
  // A subject may have any number of attestations (https://docs.github.com/rest/repos/attestations).
  'POST /repos/{owner}/{repo}/attestations',
]
