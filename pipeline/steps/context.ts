import { InputError } from '../errors.ts'
import { loadParams, type Params } from '../params.ts'
import { tryGit } from '../release/git.ts'
import type { TrackingSettings } from '../tracking/embedded.ts'
import type { ModelStore, Recorded } from './elsewhere.ts'

/** What every step gets from its entry (the command line, an action): where, with what, and how to tell of progress. */
export type Context = {
  /** The root of the repository's working tree. */
  readonly root: string
  readonly params: Params
  /** Null: there is no MLflow, and nothing is logged anywhere; later steps use the finished training on this machine. */
  readonly tracking: TrackingSettings | null
  /** Looks for a training that was finished and recorded elsewhere, before anything is trained. */
  readonly recorded?: Recorded
  /** Keeps registered models for good; asked before MLflow, for the content is checked against the digest wherever it comes from. */
  readonly store?: ModelStore
  /** Whom `train` believes that a training has a fingerprint: also MLflow (the default), where whoever has its token may say so, or only what `recorded` finds. */
  readonly trust?: 'mlflow' | 'recorded'
  /** The digest that the training must have; `train` fails where it has another. */
  readonly expected?: string
  /** Digests that this run itself put here: with trust `recorded`, others that lie on this machine are not believed, for a runner that is kept may serve pull requests, too. */
  readonly ownDigests?: readonly string[]
  readonly say: (line: string) => void
  readonly progress: (line: string) => void
}

/** Folders that steps fill and believe: trainings, gate results, packages, data that DVC has checked. */
const ours = ['.mergeline', 'node_modules', '.venv', 'data']

/**
 * Reads `params.yaml` and opens the context of the steps. Throws InputError when Git tracks a file in a folder that steps fill: what a pull request
 * commits there would be taken for what our own steps have found.
 */
export async function openContext(entry: Omit<Context, 'params'>): Promise<Context> {
  const params = loadParams(entry.root)
  const { output, failed } = await tryGit(entry.root, ['ls-files', '--', ...ours])
  if (!failed && output !== '') {
    const [first = '', ...more] = output.split('\n')
    const others = more.length > 0 ? ` and ${more.length} more` : ''
    throw new InputError(
      `${first}${others}: tracked by Git, but only our own steps may fill ${ours.join(', ')}; run \`git rm -r --cached ${first.split('/')[0]}\` and commit`,
    )
  }
  return { ...entry, params }
}
