import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'
import type { ModelStore, Recorded } from '../../pipeline/steps/elsewhere.ts'
import { releasedDigest } from '../../pipeline/steps/released-training.ts'
import { readArtifact } from './artifact-files.ts'
import type { Doubt } from './attestation.ts'
import type { GitHub } from './github.ts'
import { believer } from './recorded-run.ts'
import type { GitHubRun } from './runner.ts'
import { thisRun, trainingArtifact, trainingLimits, writeTraining } from './training-files.ts'

export type Looking = {
  readonly root: string
  readonly run: GitHubRun
  /** Whose trainings will do: those of any run of this repository, or only those that GitHub's own record shows to be of this very commit, or of main. */
  readonly trust: 'any' | 'recorded'
  readonly store: ModelStore
  /** Why it is not known that main's own workflow made what the store has. */
  readonly doubt: Doubt
}

/** A training that was looked at and not taken is told of at most so often. */
const mostReasons = 3

type Found = Awaited<ReturnType<Recorded>>
type Reasons = { readonly why: string }

/**
 * Looks for the finished training with this fingerprint on GitHub and puts it into `folder`: the artifact of this very run, then those of earlier
 * runs, main's first, then the newest; when they have expired, the model that a release on the branch `releases` names for it, from the model store. Whoever may write to the
 * repository may write to both of the last, so main takes that one only if its own workflow has attested it. What GitHub refuses, and what is not as it should be, is a reason.
 */
export async function findRecorded(
  github: GitHub,
  looking: Looking,
  fingerprint: string,
  folder: string,
): Promise<Found> {
  const { run } = looking
  const listed = await artifactsOf(github, fingerprint)
  const artifacts = 'why' in listed ? [] : listed
  const believe = believer(github, looking)
  const isOwn = (artifact: Artifact) => artifact.workflow_run?.id === run.runId
  const ways: readonly (() => Promise<Found>)[] = [
    ...artifacts.filter(isOwn).map((own) => () => take(github, own, folder, thisRun, true)),
    ...artifacts
      .filter((artifact) => !isOwn(artifact))
      .map((artifact) => async () => {
        const name = `run ${artifact.workflow_run?.id ?? 'unknown'}`
        const believed = await believe(artifact)
        if ('why' in believed) return { why: `${name}: ${believed.why}` }
        return take(github, artifact, folder, name, believed.vouched)
      }),
    () => fromStore(looking, fingerprint, folder),
  ]
  const reasons = new Set('why' in listed ? [listed.why] : [])
  for (const way of ways) {
    const found = await way().catch(reasonOf)
    if ('from' in found) return found
    if (found.why !== '') reasons.add(found.why)
  }
  const none = looking.trust === 'recorded' ? 'main moved, or nobody trained it: ' : ''
  if (reasons.size === 0) return { why: `${none}no run has this fingerprint` }
  const left = reasons.size - mostReasons
  return { why: `${[...reasons].slice(0, mostReasons).join('; ')}${left > 0 ? `; and ${left} more` : ''}` }
}

export type Artifact = Awaited<
  ReturnType<GitHub['octokit']['rest']['actions']['listArtifactsForRepo']>
>['data']['artifacts'][number]

async function artifactsOf(github: GitHub, fingerprint: string): Promise<readonly Artifact[] | Reasons> {
  const name = trainingArtifact(fingerprint)
  try {
    const { data } = await github.octokit.rest.actions.listArtifactsForRepo({
      ...github.repository,
      name,
      per_page: 100,
    })
    const isMains = ({ workflow_run: origin }: Artifact) => Number(origin?.head_branch === 'main')
    return data.artifacts
      .filter((artifact) => artifact.name === name)
      .toSorted((a, b) => isMains(b) - isMains(a) || b.id - a.id)
  } catch (error) {
    return reasonOf(error)
  }
}

async function take(
  github: GitHub,
  artifact: Artifact,
  folder: string,
  from: string,
  vouched: boolean,
): Promise<Found> {
  if (artifact.expired) return { why: `${from}: the artifact expired` }
  const files = await readArtifact(github, artifact, trainingLimits).catch(reasonOf)
  if ('why' in files) return { why: `${from}: ${files.why}` }
  await writeTraining(folder, files)
  return { from, vouched }
}

/** The branch `releases` says which model it was; that what is stored is this model, its digest proves, and that main's workflow made it, its attestation. */
async function fromStore({ root, store, trust, doubt }: Looking, fingerprint: string, folder: string): Promise<Found> {
  const digest = await releasedDigest(root, fingerprint)
  if (!digest) return { why: '' }
  const model = digest.slice(0, 19)
  if (!(await store.fetch(digest, folder))) return { why: `${store.name} does not have ${model}, which was released` }
  const doubts = await doubt(join(folder, 'bundle', 'manifest.json'))
  if (doubts === undefined || trust === 'any') return { from: 'the model store', vouched: doubts === undefined, digest }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  return { why: `${store.name} has ${model}, which staging.yml has not attested: ${doubts}` }
}

/** What is not to be had is a reason to train; what is broken in our own code is thrown. */
function reasonOf(error: unknown): Reasons {
  if (error instanceof InputError) return { why: error.message }
  const { status, message } = error as { status?: number; message?: string }
  if (status === undefined) throw error
  const cure = status === 403 || status === 404 ? '; give the job the permission actions: read' : ''
  return { why: `GitHub does not tell of earlier runs (${status}: ${message})${cure}` }
}
