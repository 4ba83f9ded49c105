import assert from 'node:assert/strict'
import { historyAt, releaseFileAt } from '../../../pipeline/release/history.ts'
import { git, tipOf } from '../github/git/command.ts'
import type { Asset, State } from '../github/state.ts'
import { measure } from '../github/storage.ts'
import type { WorkflowRun } from '../runner/run.ts'
import type { World } from '../runner/world.ts'

/** A change on its way from pull request to production: the last attempts of its runs. `before` is where the ledger stood. */
export type Change = {
  readonly before: string | null
  readonly pull: number
  readonly commit: string
  readonly tag: string
  /** Whether production ran something before, against which it was tried. */
  readonly trial: boolean
  readonly reviewed: WorkflowRun
  readonly staged: WorkflowRun
  readonly released: WorkflowRun
}

/** Requires that a change came to the end that it has undisturbed, with each thing there once. */
export async function requireWhole(world: World, change: Change): Promise<void> {
  const { before, pull, commit, tag, trial, reviewed, staged, released } = change
  const { state } = world.github
  const digest = staged.jobs['model']?.outputs['digest'] ?? 'no digest'
  const model = digest.slice(0, 19)
  const notes = state.releases.filter((release) => release.tag === tag)
  assert.deepEqual(
    {
      runs: [reviewed, staged, released].map(({ conclusion }) => conclusion),
      trained: /train: (sha256:\w+)/.exec(reviewed.jobs['model']?.log ?? '')?.[1],
      trainings: [reviewed, staged].map(({ id }) => trainingsOf(state, id)),
      comments: state.issueComments
        .filter(({ issue }) => issue === pull)
        .map(({ body }) => [/Gate \w+/.exec(body)?.[0], body.includes(model)]),
      store: await storeOf(state, digest),
      ledger: await ledgerOf(world, before),
      notes: notes.map(({ name, body }) => [
        name,
        body?.match(/<!-- mergeline:release -->|runs in production|requests to the canary/g),
      ]),
    },
    {
      runs: ['success', 'success', 'success'],
      trained: model,
      trainings: [1, 1],
      comments: [['Gate passed', true]],
      store: [['datasheet.md', 'model-card.md', 'training.tar']],
      ledger: [
        `staging release: ${model} of ${commit}`,
        'staging promote',
        `production request: github-${released.id}`,
        `production release: ${model} of ${commit}`,
        'production promote',
      ],
      notes: [
        [
          `${tag} (rehearsal)`,
          ['<!-- mergeline:release -->', 'runs in production', ...(trial ? ['requests to the canary'] : [])],
        ],
      ],
    },
  )
  assert.deepEqual(await forcedIn(world.github.origin, ['refs/heads/main', 'refs/heads/releases']), [])
  assert.deepEqual(state.violations, [])
}

const trainingsOf = ({ artifacts }: State, run: number) =>
  artifacts.filter(({ runId, name, file }) => runId === run && file !== null && name.startsWith('training-')).length

/** The files that are whole in each release of the model store for a digest. */
async function storeOf({ releases, assets }: State, digest: string) {
  const kept = releases.filter(({ tag }) => tag === `model-${digest.replace('sha256:', '')}`)
  return Promise.all(
    kept.map(async ({ id, draft }) => {
      const files = assets.filter(({ releaseId }) => releaseId === id)
      const names = files.map(async (file) => `${file.name}${(await isWhole(file)) ? '' : ', not whole'}`)
      return [...(draft ? ['a draft'] : []), ...(await Promise.all(names)).sort()]
    }),
  )
}

const isWhole = async ({ state, file, size, digest }: Asset) =>
  state === 'uploaded' && size > 0 && (await measure(file)).digest === digest

/** What was written on the ledger, oldest first. That somebody went on with a release is no release. */
async function ledgerOf({ github: { origin } }: World, before: string | null): Promise<string[]> {
  const all = await historyAt(origin, await tipOf(origin, 'refs/heads/releases'))
  const at = all.findIndex(({ commit }) => commit === before)
  const entries = all.slice(0, at < 0 ? all.length : at).filter(({ kind }) => kind !== 'resume')
  return Promise.all(
    entries.toReversed().map(async ({ environment, kind, commit, promotes, request }) => {
      const said = `${environment} ${kind}`
      if (kind === 'request') return `${said}: ${request}`
      if (kind === 'promote') return entries.some((entry) => entry.commit === promotes) ? said : `${said} of another`
      const { release } = await releaseFileAt(origin, commit, environment)
      return `${said}: ${release?.model.digest.slice(0, 19)} of ${release?.commit}`
    }),
  )
}

/** Moves of refs that forgot a commit. */
async function forcedIn(origin: string, refs: readonly string[]): Promise<string[]> {
  const forced: string[] = []
  for (const ref of refs) {
    const [newest, ...older] = (await git(origin, ['log', '--walk-reflogs', '--format=%H', ref])).split('\n')
    let after = newest ?? ''
    for (const before of older) {
      if ((await git(origin, ['merge-base', before, after])) !== before) forced.push(`${ref}: ${before} → ${after}`)
      after = before
    }
  }
  return forced
}
