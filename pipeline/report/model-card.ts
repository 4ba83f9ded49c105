import type { GateResult } from '../evaluation/gate.ts'
import type { Text } from './blocks.ts'
import { scoreTable, sliceTable } from './gate-section.ts'
import { renderMarkdown } from './markdown.ts'
import { statusOf } from './status.ts'

/** What is told of a model version, beside the bundle: the bundle itself holds no time, run or commit. */
export type ModelCard = {
  readonly model: string
  /** What it is for, and what it is not for: a sentence each. */
  readonly intendedUse: readonly string[]
  readonly target: { readonly name: string; readonly unit: string }
  readonly data: {
    /** DVC's hash of the data. */
    readonly hash: string
    /** ISO dates: the first record, the last that was learnt from, the last that decided when training stops. */
    readonly from: string
    readonly trainUntil: string
    readonly until: string
    readonly records?: { readonly train: number; readonly validation: number; readonly test: number }
  }
  readonly lineage: {
    readonly digest: string
    readonly fingerprint: string
    readonly commit: string
    /** In MLflow, where there is one. */
    readonly run?: string
    readonly runUrl?: string
  }
  readonly gate: GateResult
  /** Where it is known not to hold: a sentence each. */
  readonly limits: readonly string[]
}

/** The model card as Markdown, after Mitchell et al. 2019, "Model cards for model reporting": use, data, errors with intervals and by slice, limits, lineage. */
export function modelCard({ model, intendedUse, target, data, lineage, gate, limits }: ModelCard): string {
  const { hash, from, trainUntil, until, records } = data
  const count = (part: number | undefined) => (part === undefined ? '' : ` (${part.toLocaleString('en-US')} records)`)
  return renderMarkdown({
    title: `Model card: ${model}`,
    blocks: [
      { kind: 'paragraph', text: ['Predicts', { code: target.name }, `in ${target.unit}.`] },
      { kind: 'heading', text: 'Intended use' },
      { kind: 'list', items: intendedUse },
      { kind: 'heading', text: 'Data' },
      facts('What it has learnt from', [
        ['learnt from', `${from} to ${trainUntil}${count(records?.train)}`],
        ['decided when training stops', `after ${trainUntil} to ${until}${count(records?.validation)}`],
        ['never seen in training', `after ${until}${count(records?.test)}`],
        ['DVC hash', { code: hash }],
      ]),
      { kind: 'heading', text: 'Errors' },
      { kind: 'paragraph', text: `${statusOf(undefined, gate).words}.` },
      ...(gate.scored.length > 0 ? [scoreTable(gate)] : []),
      { kind: 'list', items: gate.reasons },
      ...(gate.slices.length > 0 ? [sliceTable(gate.slices, gate.metric)] : []),
      { kind: 'heading', text: 'Limits' },
      { kind: 'list', items: limits },
      { kind: 'heading', text: 'Lineage' },
      facts('Where it comes from', [
        ['digest', { code: lineage.digest }],
        ['fingerprint', { code: lineage.fingerprint }],
        ['commit', { code: lineage.commit }],
        ...(lineage.run ? [['run in MLflow', { code: lineage.runUrl ?? lineage.run }] as const] : []),
      ]),
    ],
  })
}

const facts = (caption: string, rows: readonly (readonly [string, Text])[]) =>
  ({ kind: 'table', caption, columns: [{ name: 'what' }, { name: 'value' }], rows }) as const
