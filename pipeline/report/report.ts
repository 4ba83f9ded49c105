import type { DataReport } from '../data/findings.ts'
import type { Depth } from '../evaluation/depth.ts'
import type { GateResult } from '../evaluation/gate.ts'
import type { HeldOut } from '../evaluation/held-out.ts'
import type { ExplorationDigest } from '../explore/digest.ts'
import type { Named } from '../metric.ts'
import type { Epoch } from '../training/algorithms/algorithm.ts'
import type { Block, Document } from './blocks.ts'
import { dataSection } from './data-section.ts'
import { depthSection } from './depth-section.ts'
import { explorationSection } from './exploration-section.ts'
import { gateSection } from './gate-section.ts'
import { renderHtml } from './html.ts'
import { type Room, renderMarkdown } from './markdown.ts'
import { statusOf } from './status.ts'
import { trainingSection } from './training-section.ts'
import { saidOfUses, type TestUses } from './uses.ts'

/** What the steps of one pull request (or of one command) found: plain data. Sections that did not run are absent. */
export type Report = {
  readonly title: string
  readonly data?: DataReport
  readonly exploration?: ExplorationDigest
  readonly training?: TrainingReport
  readonly gate?: GateResult
  /** What lies deeper than the gate's means. */
  readonly depth?: Depth
  /** How often the held-out records have been used. */
  readonly uses?: TestUses
  /** The candidate's predictions for the held-out records, for charts. */
  readonly predictions?: readonly HeldOut[]
  /** What the reader may do next, a sentence each. */
  readonly next: readonly string[]
  /** What is left to configure, a sentence each: variables, secrets and settings of the repository. */
  readonly configure?: readonly string[]
}

export type TrainingReport = {
  readonly reused: boolean
  /** Trained now: 0 when an earlier training was reused. */
  readonly epochs: number
  /** Epochs of the earlier training that was reused: what it saved. */
  readonly saved?: number
  /** Where it comes from: `trained`, or what the earlier training was found in. */
  readonly source?: string
  /** Why no earlier training could be reused. */
  readonly why?: string
  readonly seconds: number
  readonly fingerprint: string
  readonly digest: string
  readonly runUrl?: string
  /** By epoch, for the learning curve. */
  readonly history?: readonly Epoch[]
  /** What the validation error in there is. */
  readonly stopping?: Named
}

/** The report as GitHub's Markdown, at most 60,000 characters unless `room` says less; its first line says in words how it ended. All of `report` may come from a stranger. */
export const toMarkdown = (report: Report, room?: Room): string => renderMarkdown(documentOf(report), room)

/** The report as one HTML page that needs no script and no other host. All of `report` may come from a stranger. */
export const toHtml = (report: Report): string => renderHtml(documentOf(report))

function documentOf({
  title,
  data,
  exploration,
  training,
  gate,
  depth,
  uses,
  predictions = [],
  next,
  configure = [],
}: Report): Document {
  const ofData = data ? dataSection(data) : []
  return {
    title,
    status: statusOf(data, gate),
    blocks: [
      // What decided comes first.
      ...(data?.pass === false ? ofData : []),
      ...(gate ? gateSection(gate, predictions) : []),
      ...(gate && uses ? [{ kind: 'paragraph', text: saidOfUses(uses) } as const] : []),
      ...(gate && depth ? depthSection(depth, gate) : []),
      ...(training ? trainingSection(training) : []),
      ...(data?.pass === false ? [] : ofData),
      ...(exploration ? explorationSection(exploration) : []),
      ...listed('Next', next),
      ...listed('To configure', configure),
    ],
  }
}

const listed = (text: string, items: readonly string[]): readonly Block[] =>
  items.length > 0
    ? [
        { kind: 'heading', text },
        { kind: 'list', items },
      ]
    : []
