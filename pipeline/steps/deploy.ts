import { InputError } from '../errors.ts'
import { deploy as deployRelease } from '../release/deploy.ts'
import type { DeployResult } from '../release/deployment.ts'
import { commitOf, git, requireIdentity, tryGit } from '../release/git.ts'
import type { ReleasedModel } from '../release/release.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { versionOfDigest } from '../tracking/registry.ts'
import { committed } from './committed.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'
import type { Registered } from './register.ts'
import { optionsOf, type RolloutInputs } from './rollout-options.ts'
import { connect } from './tracking.ts'
import { trained } from './train.ts'

export type DeployInputs = RolloutInputs & {
  /** What to release: a commit, tag or branch. Staging takes the tree as it is, which must be committed. */
  readonly commit: string
  /** The image that serves the model, by digest; only staging is given one, the others take what staging recorded. */
  readonly image?: string | undefined
  /** The id of the request that it answers: then a newer request overtakes it. */
  readonly request?: string | undefined
  /** `history`: a release of a commit that contains its own overtakes it. */
  readonly order?: 'history' | 'request' | undefined
}

/**
 * The step `deploy`: to staging, the model registered for the committed tree; to any other environment, the staging release recorded for `commit`.
 * Nothing is ever trained here. Throws RefusedError for a pair on hold, InputError when something has to be done first.
 */
export async function deploy(context: Context, inputs: DeployInputs): Promise<DeployResult> {
  const { root } = context
  const { environment, commit, image, request, order } = inputs
  await requireIdentity(root)
  await requirePushed(root, commit)
  await requireCommittedPolicy(root)
  const mlflow = await connect(context)
  const model = environment === 'staging' ? await registeredFor(context, mlflow, commit) : undefined
  if (image && !model)
    throw new InputError(
      `deploy: ${environment} takes the image that staging recorded; leave out the one that is given`,
    )
  return deployRelease({
    ...optionsOf(context, mlflow, inputs),
    commit,
    ...(model ? { model } : {}),
    ...(image ? { image: requireDigest(image) } : {}),
    ...(request ? { request } : {}),
    ...(order ? { order } : {}),
  })
}

/** An image's tag may be moved: a release names its digest. Throws InputError for anything else. */
function requireDigest(image: string): string {
  if (/^\S+@sha256:[0-9a-f]{64}$/.test(image)) return image
  throw new InputError(
    `deploy: the image must be named by its digest, as in name@sha256:…, got ${JSON.stringify(image)}`,
  )
}

/**
 * The ledger is everybody's: a commit that it names must be one that everybody can fetch. Which branches there are, origin itself is asked: a clone keeps those of an origin that it
 * had before. Where origin cannot be asked, nothing is recorded anyway. Throws InputError when no branch of origin has the commit.
 */
async function requirePushed(root: string, revision: string): Promise<void> {
  if ((await tryGit(root, ['remote', 'get-url', 'origin'])).failed) return
  const commit = await commitOf(root, revision)
  const asked = await tryGit(root, ['ls-remote', '--heads', 'origin'])
  const there = asked.output.split('\n').map((line) => line.split('\trefs/heads/')[1])
  if (!asked.failed && asked.output === '')
    throw new InputError(
      'deploy: origin has no branch yet, and the first one becomes its default; run `git push -u origin main` first',
    )
  await tryGit(root, ['fetch', '--quiet', 'origin'])
  const { output } = await tryGit(root, [
    'for-each-ref',
    `--contains=${commit}`,
    '--format=%(refname:lstrip=3)',
    'refs/remotes/origin/',
  ])
  if (output.split('\n').some((branch) => branch !== '' && (asked.failed || there.includes(branch)))) return
  throw new InputError(
    `deploy: no branch of origin has commit ${commit.slice(0, 12)}, and the release would name it; run \`git push origin HEAD\` first`,
  )
}

/** How careful a rollout is, the repository says, not an edit that nobody reviewed. Throws InputError listing what differs from the commit. */
export async function requireCommittedPolicy(root: string): Promise<void> {
  const changed = await git(root, ['status', '--porcelain', '--untracked-files=all', '--', 'environments'])
  if (changed !== '')
    throw new InputError(
      `deploy: environments/ says how a rollout is judged, and this is not committed:\n${changed}\ncommit or restore it first`,
    )
}

/** The model that was registered for the tree as it is. Throws InputError where `commit` is not checked out or nothing was registered for it. */
export async function registeredFor(context: Context, mlflow: Mlflow | null, commit: string): Promise<ReleasedModel> {
  const { root, params } = context
  const head = await committed(root, 'deploy')
  if ((await commitOf(root, commit)) !== head) {
    throw new InputError(
      `deploy: staging releases the tree as it is, and ${commit} is not checked out; run \`git checkout ${commit}\` first`,
    )
  }
  const { digest, fingerprint } = await trained(context, mlflow)
  const { model: name } = params.register
  const version = mlflow && (await versionOfDigest(mlflow, name, digest))
  const registered = version ?? (mlflow ? null : await kept<Registered>(root, 'register', digest))
  if (!registered)
    throw new InputError(`deploy: ${digest.slice(0, 19)} is not registered; run \`npm run register\` first`)
  return { name, ...(version ? { version: version.version } : {}), digest, fingerprint }
}
