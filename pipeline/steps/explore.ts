import { join } from 'node:path'
import { dvcPull, presentHash } from '../data/dvc.ts'
import type { Comparison } from '../explore/compare.ts'
import { digestOf } from '../explore/digest.ts'
import { drawingsOf } from '../explore/drawings.ts'
import type { Exploration } from '../explore/exploration.ts'
import { explore as lookAt } from '../explore/explore.ts'
import { pageOf } from '../explore/page.ts'
import { standsOut } from '../explore/stands-out.ts'
import { writeWhole } from '../files.ts'
import { makeRecords } from '../task/ingest.ts'
import { histories } from '../task/judge.ts'
import { keyFields, rawFiles, recordSchema, target, timeField } from '../task/record.ts'
import type { Context } from './context.ts'
import { type Against, exploreAgainst, otherData } from './explore-against.ts'
import { keep } from './kept.ts'
import { explorationKey } from './kept-exploration.ts'

export type Explored = {
  /** The hash of the data that were looked at. */
  readonly data: string
  readonly html: string
  readonly standsOut: readonly string[]
  readonly exploration: Exploration
  readonly comparison?: Comparison
}

/** Where the page goes that nobody asked for elsewhere. */
const explorationFolder = (root: string): string => join(root, '.mergeline', 'explore')

/**
 * The step `explore`: brings the data that `data.dvc` names when there are none, looks at them as they lie there, and writes the page `explore.html` and its main charts (`charts/*.svg`) into
 * `folder`; with `against`, beside the data of another commit. Its digest is kept for the report, the charts for the run in MLflow.
 */
export async function explore(
  context: Context,
  folder = explorationFolder(context.root),
  against?: Against,
): Promise<Explored> {
  const { root, params, say, progress } = context
  // Looked up first: after minutes of looking at large data nobody wants to hear that there is no such commit.
  const other = against && (await otherData(context, against))
  if (presentHash(root) === undefined && (await dvcPull(root)).pulled) say('explore: fetched data/ with DVC')
  const key = await explorationKey(context)
  const data = presentHash(root) ?? ''
  const subject = { rawFiles, recordSchema, target, keyFields, timeField, histories, makeRecords }
  const alone = await lookAt(root, subject, progress)
  const compared = other && (await exploreAgainst(context, subject, { data, exploration: alone }, other))
  const { exploration, comparison } = compared ?? { exploration: alone }
  const told = standsOut(exploration, comparison)
  const page = join(folder, 'explore.html')
  await writeWhole(
    page,
    await pageOf(`${params.register.model}, data ${data.slice(0, 12)}`, exploration, told, comparison),
  )
  const drawings = await drawingsOf(exploration)
  for (const [file, svg] of Object.entries(drawings)) await writeWhole(join(folder, 'charts', file), svg)
  await keep(root, 'explore-charts', key, drawings)
  await keep(root, 'explore', key, digestOf(exploration, data, told))
  return { data, html: page, standsOut: told, exploration, ...(comparison ? { comparison } : {}) }
}
