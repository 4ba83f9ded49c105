import { InputError } from '../errors.ts'
import { type DeployResult, deploy as deployRelease } from '../release/deploy.ts'
import { commitOf, git, tryGit } from '../release/git.ts'
import type { ReleasedModel } from '../release/release.ts'
import { type Alias, setAlias } from '../tracking/aliases.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { versionOfDigest } from '../tracking/registry.ts'
import { committed } from './committed.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'
import type { Registered } from './register.ts'
import { releasedBundle } from './released-bundle.ts'
import { connect } from './tracking.ts'
import { trained } from './train.ts'

export type DeployInputs = {
  readonly environment: string
  /** What to release: a commit, tag or branch. Staging takes the tree as it is, which must be committed. */
  readonly commit: string
  readonly signal?: AbortSignal
}

/**
 * The step `deploy`: to staging, the model registered for the committed tree; to any other environment, the staging release recorded for `commit`.
 * Nothing is ever trained here. Throws RefusedError for a pair on hold, InputError when something has to be done first.
 */
export async function deploy(context: Context, { environment, commit, signal }: DeployInputs): Promise<DeployResult> {
  const { root, params, say } = context
  await requirePushed(root, commit)
  await requireCommittedPolicy(root)
  const mlflow = await connect(context)
  const model = environment === 'staging' ? await registeredFor(context, mlflow, commit) : undefined
  return deployRelease({
    root,
    environment,
    commit,
    bundle: (released) => releasedBundle(context, mlflow, released),
    registry: {
      setAlias: async (alias, version) => {
        if (mlflow) await setAlias(mlflow, params.register.model, alias as Alias, version)
      },
    },
    log: say,
    ...(model ? { model } : {}),
    ...(signal ? { signal } : {}),
  })
}

/** The ledger is everybody's: a commit that it names must be one that everybody can fetch. Throws InputError when origin has no branch or tag with it. */
async function requirePushed(root: string, revision: string): Promise<void> {
  if ((await tryGit(root, ['remote', 'get-url', 'origin'])).failed) return
  const commit = await commitOf(root, revision)
  await tryGit(root, ['fetch', '--quiet', 'origin'])
  const branches = await tryGit(root, ['branch', '--remotes', '--contains', commit])
  if (branches.output !== '') return
  throw new InputError(
    `deploy: no branch of origin has commit ${commit.slice(0, 12)}, and the release would name it; run \`git push origin HEAD\` first`,
  )
}

/** How careful a rollout is, the repository says, not an edit that nobody reviewed. Throws InputError listing what differs from the commit. */
async function requireCommittedPolicy(root: string): Promise<void> {
  const changed = await git(root, ['status', '--porcelain', '--untracked-files=all', '--', 'environments'])
  if (changed !== '')
    throw new InputError(
      `deploy: environments/ says how a rollout is judged, and this is not committed:\n${changed}\ncommit or restore it first`,
    )
}

async function registeredFor(context: Context, mlflow: Mlflow | null, commit: string): Promise<ReleasedModel> {
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
