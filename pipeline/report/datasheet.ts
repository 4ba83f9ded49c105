import type { TObject } from 'typebox'
import type { RawFile } from '../data/contract.ts'
import type { FileCounts } from '../data/counts.ts'
import { percent, whole } from '../evaluation/wording.ts'
import { isPrivate } from '../private.ts'
import type { FieldSchema } from '../schema.ts'
import type { Block, Text } from './blocks.ts'
import { renderMarkdown } from './markdown.ts'

/** The task's own words, a paragraph each, by Gebru's headings. */
type Words = {
  readonly [heading in
    | 'motivation'
    | 'composition'
    | 'collection'
    | 'preprocessing'
    | 'uses'
    | 'distribution'
    | 'maintenance']: readonly string[]
}

export type Datasheet = {
  readonly name: string
  readonly words: Words
  readonly files: readonly { readonly contract: RawFile; readonly counts: FileCounts }[]
  readonly record: TObject
  readonly target: { readonly name: string; readonly unit: string }
  /** ISO dates of the records, and how many there are in each part. */
  readonly window: { readonly from: string; readonly trainUntil: string; readonly until: string }
  /** Where what ships was fitted again, to all records: the date of the last one. */
  readonly refit?: { readonly until: string }
  readonly records: { readonly train: number; readonly validation: number; readonly test: number }
  /** DVC's hash of the data. */
  readonly hash: string
  /** What the model sees, by its name in code, and how many columns it has: a column's own name may hold a value. */
  readonly features: readonly { readonly name: string; readonly columns: number }[]
}

/**
 * The datasheet of the data as Markdown, by the headings of Gebru et al. 2018, "Datasheets for datasets" (https://arxiv.org/abs/1803.09010): the task's own words, and what contracts and
 * counts say. Of private fields it tells the names, and nothing else.
 */
export function datasheet(sheet: Datasheet): string {
  const { name, words, files, record, target, window, refit, records, hash, features } = sheet
  const section = (heading: keyof Words, ...blocks: readonly Block[]): readonly Block[] => [
    { kind: 'heading', text: `${heading[0]?.toUpperCase()}${heading.slice(1)}` },
    { kind: 'list', items: words[heading] },
    ...blocks,
  ]
  return renderMarkdown({
    title: `Datasheet: the data of ${name}`,
    blocks: [
      ...section('motivation'),
      ...section(
        'composition',
        fileTable(files),
        ...files.map(({ contract, counts }) => fieldTable(contract.path, contract.schema, counts)),
        fieldTable('A record, which training and predictions see', record),
        facts('Records', [
          ['target', [{ code: target.name }, `in ${target.unit}`]],
          ['learnt from', `${window.from} to ${window.trainUntil} (${whole(records.train)})`],
          [
            'decide when training stops',
            `after ${window.trainUntil} to ${window.until} (${whole(records.validation)})`,
          ],
          [
            refit ? 'never seen before the judgement' : 'never seen in training',
            `after ${window.until} (${whole(records.test)})`,
          ],
          ...(refit
            ? [
                [
                  'learnt from after the judgement, by what ships',
                  `${window.from} to ${refit.until} (${whole(records.train + records.validation + records.test)})`,
                ] as const,
              ]
            : []),
        ]),
      ),
      ...section('collection'),
      ...section('preprocessing', toleranceTable(files), {
        kind: 'table',
        caption: 'What the model sees of a record',
        columns: [{ name: 'feature' }, { name: 'columns', numeric: true }],
        rows: features.map(({ name, columns }) => [{ code: name }, whole(columns)]),
      }),
      ...section('uses'),
      ...section('distribution', facts('Version', [['DVC hash', { code: hash }]])),
      ...section('maintenance', ownerTable(files)),
    ],
  })
}

type Files = Datasheet['files']

const fileTable = (files: Files): Block => ({
  kind: 'table',
  caption: 'Raw files',
  columns: [
    { name: 'file' },
    { name: 'rows', numeric: true },
    { name: 'a row is named by' },
    { name: 'series', numeric: true },
    { name: 'from' },
    { name: 'to' },
  ],
  rows: files.map(({ contract: { path, key }, counts: { rows, series, from = '', to = '' } }) => [
    { code: path },
    whole(rows),
    key.map((field) => ({ code: field })),
    whole(series),
    from,
    to,
  ]),
})

/** Fields with what the schema says of them, and how many values are missing. */
function fieldTable(caption: string, schema: TObject, counts?: FileCounts): Block {
  const missing = (field: string): readonly Text[] => {
    if (!counts) return []
    const count = counts.missing[field] ?? 0
    return [count === 0 ? 'none' : `${whole(count)} (${percent((100 * count) / counts.rows)})`]
  }
  return {
    kind: 'table',
    caption,
    columns: [
      { name: 'field' },
      { name: 'is' },
      { name: 'type' },
      { name: 'unit' },
      { name: 'allowed' },
      ...(counts ? [{ name: 'missing', numeric: true }] : []),
    ],
    rows: Object.entries(schema.properties).map(([name, property]) => {
      if (isPrivate(schema, name)) return [{ code: name }, 'private', '', '', '', ...(counts ? [''] : [])]
      const field = property as Field
      const of = field.items ?? field
      return [
        { code: name },
        field.description ?? field.title ?? '',
        `${field.items ? 'list of ' : ''}${of.format ?? of.type ?? 'value'}`,
        of.unit ?? '',
        allowed(field),
        ...missing(name),
      ]
    }),
  }
}

/** A field with what its schema tells people. */
type Field = FieldSchema & {
  readonly title?: string
  readonly description?: string
  readonly unit?: string
  readonly items?: Field
}

function allowed({ items, minItems, maxItems, ...field }: Field): Text {
  if (items) {
    const count =
      minItems === maxItems ? `${minItems ?? 'any number'}` : `${minItems ?? 0} to ${maxItems ?? 'any number'}`
    return [`${count} of:`, ...[allowed(items)].flat()]
  }
  const { enum: values, minimum, maximum } = field
  if (values) return values.map((value) => ({ code: String(value) }))
  if (minimum !== undefined && maximum !== undefined) return `${amountOf(minimum)} to ${amountOf(maximum)}`
  if (minimum !== undefined) return `at least ${amountOf(minimum)}`
  return maximum === undefined ? 'any' : `at most ${amountOf(maximum)}`
}

const amountOf = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 10 }).replace('-', '−')

/** What a field may show and still be used: readings beyond are masked, too many missing ones refuse the data. */
function toleranceTable(files: Files): Block {
  const rows = files.flatMap(({ contract: { path, tolerances, schema } }) =>
    Object.entries(tolerances)
      .filter(([field]) => !isPrivate(schema, field))
      .map(([field, { missingShare, stuckAfter, spikeAbove }]): readonly Text[] => [
        { code: `${path}: ${field}` },
        missingShare === undefined ? 'none' : percent(100 * missingShare),
        stuckAfter === undefined ? '' : whole(stuckAfter),
        spikeAbove === undefined ? '' : String(spikeAbove),
      ]),
  )
  return {
    kind: 'table',
    caption: 'What is tolerated',
    columns: [
      { name: 'field' },
      { name: 'missing values, at most', numeric: true },
      { name: 'masked after so many equal readings', numeric: true },
      { name: 'masked so far from other series, or from the days before', numeric: true },
    ],
    rows,
  }
}

const ownerTable = (files: Files): Block => ({
  kind: 'table',
  caption: 'Who answers for it',
  columns: [
    { name: 'file' },
    { name: 'owner' },
    { name: 'checks of its own', numeric: true },
    { name: 'days in a row that a series may lack', numeric: true },
  ],
  rows: files.map(({ contract: { path, owner = 'nobody named', checks = [], gapDays } }) => [
    { code: path },
    owner,
    whole(checks.length),
    whole(gapDays),
  ]),
})

const facts = (caption: string, rows: readonly (readonly [string, Text])[]): Block => ({
  kind: 'table',
  caption,
  columns: [{ name: 'what' }, { name: 'value' }],
  rows,
})
