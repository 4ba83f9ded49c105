import { presentHash } from '../data/dvc.ts'
import type { ExplorationDigest } from '../explore/digest.ts'
import { codeHash } from '../tracking/fingerprint.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'

/** What was seen in these data by this code, if anybody looked. */
export async function keptExploration(context: Context): Promise<ExplorationDigest | undefined> {
  return kept<ExplorationDigest>(context.root, 'explore', await explorationKey(context))
}

/** The charts of these data as SVG, by file name; none where nobody looked. */
export async function keptDrawings(context: Context): Promise<{ readonly [file: string]: string }> {
  return (
    (await kept<{ readonly [file: string]: string }>(context.root, 'explore-charts', await explorationKey(context))) ??
    {}
  )
}

/** What an exploration is kept by: the data, and the code that looks at them. */
export async function explorationKey({ root }: Context): Promise<string> {
  const code = await codeHash(root, 'pipeline/steps/explore.ts')
  return JSON.stringify([presentHash(root), code])
}
