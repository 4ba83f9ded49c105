import { join } from 'node:path'
import { execa } from 'execa'
import { InputError } from '../errors.ts'
import type { HeldOut } from '../evaluation/held-out.ts'
import { requireOnMain } from '../release/on-main.ts'
import { promotedRelease } from '../release/record.ts'
import type { Release } from '../release/release.ts'
import { codeOf } from '../release/targets/code.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import type { Context } from './context.ts'
import { releasedBundle } from './released-bundle.ts'

/** The champion: the model that production runs, as Git tells: promoted, and not taken back. */
export type Champion = { readonly release: Release; readonly bundle: string }

/** Finds the champion and brings its bundle here; null when production has none. Throws InputError when no place has its bundle. */
export async function findChampion(
  context: Context,
  mlflow: Mlflow | null,
  candidate: { readonly digest: string; readonly bundle: string },
): Promise<Champion | null> {
  const release = await promotedRelease(context.root, 'production')
  if (!release) return null
  const same = release.model.digest === candidate.digest
  return { release, bundle: same ? candidate.bundle : await releasedBundle(context, mlflow, release.model) }
}

/**
 * The champion's predictions for all records after the date `after`, made from today's raw data in a process of its own by the code of its commit: its ingest
 * and its features may differ from the tree's, and a model can only be judged fairly on the records that it was made for.
 * That code sees no variable of ours. Throws InputError where main never had the commit, or its code cannot read today's data.
 */
export async function championHeldOut(
  root: string,
  { release, bundle }: Champion,
  after: string,
  log: (line: string) => void,
): Promise<readonly HeldOut[]> {
  await requireOnMain(root, release.commit, 'evaluate-gate, the champion')
  const code = await codeOf(root, join(root, '.mergeline'), release.commit, log)
  const args = [join('pipeline', 'evaluation', 'predict-held-out.ts'), join(root, 'data'), bundle, after]
  // Nothing of this process's environment, where there may be tokens.
  const options = { cwd: code, env: {}, extendEnv: false, reject: false, stdin: 'ignore' } as const
  const { stdout, stderr, failed } = await execa(process.execPath, args, options)
  if (failed) {
    throw new InputError(
      `evaluate-gate: the champion (commit ${release.commit.slice(0, 12)}) cannot predict from these data with its own code:\n${stderr.trim().split('\n').slice(-5).join('\n')}\n` +
        'when the raw files changed their form, add new columns beside the old ones until the new model is in production',
    )
  }
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HeldOut)
}
