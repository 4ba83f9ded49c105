import { join } from 'node:path'
import type { Depth } from '../evaluation/depth.ts'
import type { GateResult } from '../evaluation/gate.ts'
import type { HeldOut } from '../evaluation/held-out.ts'
import { writeWhole } from '../files.ts'
import { type Report, type TrainingReport, toHtml, toMarkdown } from '../report/report.ts'
import { toJson } from '../report/report-json.ts'
import type { TestUses } from '../report/uses.ts'
import { leftToConfigure } from './configure.ts'
import type { Context } from './context.ts'
import { kept } from './kept.ts'
import { keptData } from './kept-data.ts'
import { keptExploration } from './kept-exploration.ts'
import type { Candidate } from './train.ts'

/** A report's files: for people in a terminal or a job summary, as a page, and as data for other jobs. */
export type ReportFiles = { readonly markdown: string; readonly html: string; readonly json: string }

/** Where a report lies: `.mergeline/report.{md,html,json}`. */
export function reportFiles(root: string): ReportFiles {
  const file = (extension: string) => join(root, '.mergeline', `report.${extension}`)
  return { markdown: file('md'), html: file('html'), json: file('json') }
}

/** Writes a report as Markdown, HTML and data. */
export async function writeReport(root: string, report: Report): Promise<ReportFiles> {
  const files = reportFiles(root)
  await writeWhole(files.markdown, toMarkdown(report))
  await writeWhole(files.html, toHtml(report))
  await writeWhole(files.json, toJson(report))
  return files
}

/** What the gate found, with what the report shows beside it. */
export type Judgement = {
  readonly gate: GateResult
  /** The candidate's, for charts. */
  readonly predictions: readonly HeldOut[]
  readonly depth?: Depth
}

/** The one report of what the steps found; sections of steps that did not run for this tree are absent. */
export async function writeGateReport(
  context: Context,
  candidate: Candidate,
  { gate, predictions, depth }: Judgement,
  uses: TestUses,
): Promise<ReportFiles> {
  const { root, params } = context
  const data = await keptData(context)
  const exploration = await keptExploration(context)
  const training = await kept<TrainingReport>(root, 'train', candidate.fingerprint)
  return writeReport(root, {
    title: `${params.register.model} ${candidate.digest.slice(0, 19)}`,
    ...(data ? { data } : {}),
    ...(exploration ? { exploration } : {}),
    ...(training ? { training } : {}),
    gate,
    ...(depth ? { depth } : {}),
    uses,
    predictions,
    next: nextOf(gate),
    configure: await leftToConfigure(context),
  })
}

function nextOf({ result }: GateResult): readonly string[] {
  if (result === 'pass') return ['Merge: this very model is registered and rolled out to staging.']
  if (result === 'unchanged') return ['Merge: the model stays as it is, and staging records the commit.']
  if (result === 'inconclusive') {
    return [
      'More held-out days, or a clearer improvement, would let the gate decide; the reasons above say what is missing.',
    ]
  }
  return ['Look at the slices and the largest errors above, change the model or its data, and push again.']
}
