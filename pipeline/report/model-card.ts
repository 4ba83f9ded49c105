import type { GateResult } from '../evaluation/gate.ts'
import { whole } from '../evaluation/wording.ts'
import type { Block, Text } from './blocks.ts'
import { refitNotes, scoreTable, sliceTable } from './gate-section.ts'
import { renderMarkdown } from './markdown.ts'
import { statusOf } from './status.ts'

/** What is told of a model version, beside the bundle: the bundle itself holds no time, run or commit. */
export type ModelCard = {
  readonly model: string
  /** What it is for, and what it is not for: a sentence each. */
  readonly intendedUse: readonly string[]
  readonly outOfScope: readonly string[]
  readonly target: { readonly name: string; readonly unit: string }
  readonly data: {
    /** DVC's hash of the data. */
    readonly hash: string
    /** ISO dates: the first record, the last that was learnt from, the last that decided when training stops. */
    readonly from: string
    readonly trainUntil: string
    readonly until: string
    readonly records: { readonly train: number; readonly validation: number; readonly test: number }
    /** Where what ships was fitted again, to all records: the date of the last one. */
    readonly refit?: { readonly until: string }
  }
  readonly training: Training
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

type Training = {
  readonly algorithm: string
  readonly backend: string
  readonly epochs: number
  /** Those of the fit to all records that ships; absent where there is none. */
  readonly refitEpochs?: number
  /** On the clock, and of all cores together; the latter is not known of trainings older than its measurement. */
  readonly seconds: number
  readonly cpuSeconds?: number
  /** What a busy core is assumed to draw. */
  readonly wattsPerCore: number
  /** The packages that training's code imports, with the versions that are locked. */
  readonly packages: readonly { readonly name: string; readonly version: string }[]
}

/**
 * The model card as Markdown, after Mitchell et al. 2019, "Model cards for model reporting": use, what is out of scope, data, errors with intervals and by slice, limits, what training took,
 * lineage.
 */
export function modelCard(card: ModelCard): string {
  const { model, intendedUse, outOfScope, target, data, training, lineage, gate, limits } = card
  const { hash, from, trainUntil, until, records, refit } = data
  const all = records.train + records.validation + records.test
  const count = (part: number) => ` (${whole(part)} records)`
  return renderMarkdown({
    title: `Model card: ${model}`,
    blocks: [
      { kind: 'paragraph', text: predicted(target) },
      { kind: 'heading', text: 'Intended use' },
      { kind: 'list', items: intendedUse },
      { kind: 'heading', text: 'Out of scope' },
      { kind: 'list', items: outOfScope },
      { kind: 'heading', text: 'Data' },
      facts('What it has learnt from', [
        ['learnt from', `${from} to ${trainUntil}${count(records.train)}`],
        ['decided when training stops', `after ${trainUntil} to ${until}${count(records.validation)}`],
        [refit ? 'never seen before the judgement' : 'never seen in training', `after ${until}${count(records.test)}`],
        ...(refit
          ? [['what ships, learnt from after the judgement', `${from} to ${refit.until}${count(all)}`] as const]
          : []),
        ['version: DVC hash', { code: hash }],
      ]),
      { kind: 'heading', text: 'Errors' },
      { kind: 'paragraph', text: `${statusOf(undefined, gate).words}.` },
      ...refitNotes(gate),
      ...(gate.scored.length > 0 ? [scoreTable(gate)] : []),
      { kind: 'list', items: gate.reasons },
      ...(gate.slices.length > 0 ? [sliceTable(gate.slices, gate.metric)] : []),
      { kind: 'heading', text: 'Limits' },
      { kind: 'list', items: limits },
      { kind: 'heading', text: 'Training' },
      facts('What training took', took(training)),
      packagesOf(training),
      { kind: 'heading', text: 'Lineage' },
      facts('Where it comes from', [
        ['digest', { code: lineage.digest }],
        ['fingerprint', { code: lineage.fingerprint }],
        ['commit', { code: lineage.commit }],
        ['data', { code: hash }],
        ...(lineage.run ? [['run in MLflow', { code: lineage.runUrl ?? lineage.run }] as const] : []),
      ]),
    ],
  })
}

/** Energy is CPU seconds × assumed watts: an estimate, and said to be one (Strubell et al. 2019, "Energy and policy considerations for deep learning in NLP", measure and report both). */
function took({
  algorithm,
  backend,
  epochs,
  refitEpochs,
  seconds,
  cpuSeconds,
  wattsPerCore,
}: Training): readonly Row[] {
  const wattHours = Number((((cpuSeconds ?? 0) * wattsPerCore) / 3600).toPrecision(2))
  return [
    ['algorithm', { code: algorithm }],
    ['backend', { code: backend }],
    ['epochs', whole(epochs)],
    ...(refitEpochs === undefined ? [] : [['epochs of what ships, on all records', whole(refitEpochs)] as const]),
    ['time', `${seconds} s`],
    ['CPU time, all cores', cpuSeconds === undefined ? 'not measured' : `${cpuSeconds} s`],
    [
      'energy, estimated',
      cpuSeconds === undefined
        ? 'not known: CPU time was not measured'
        : `${wattHours} Wh, at an assumed ${wattsPerCore} W for a busy core; not measured, and without memory, cooling and earlier attempts`,
    ],
  ]
}

const packagesOf = ({ packages }: Training): Block => ({
  kind: 'folded',
  summary: `Packages that training ran on (${whole(packages.length)})`,
  blocks: [
    {
      kind: 'table',
      caption: 'As locked',
      columns: [{ name: 'package' }, { name: 'version' }],
      rows: packages.map(({ name, version }) => [{ code: name }, { code: version }]),
    },
  ],
})

type Row = readonly [string, Text]

/** For classes the unit says it all. */
const predicted = ({ name, unit }: ModelCard['target']): Text =>
  unit === 'probability'
    ? ['Predicts the probability of', { code: name }, 'being 1.']
    : ['Predicts', { code: name }, `in ${unit}.`]

const facts = (caption: string, rows: readonly Row[]) =>
  ({ kind: 'table', caption, columns: [{ name: 'what' }, { name: 'value' }], rows }) as const
