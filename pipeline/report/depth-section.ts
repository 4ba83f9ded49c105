import type { Change } from '../evaluation/changed-fields.ts'
import type { Depth } from '../evaluation/depth.ts'
import type { GateResult } from '../evaluation/gate.ts'
import { amount, moreOrLess, percent, setting, span, whole } from '../evaluation/wording.ts'
import type { Block, Table, Text } from './blocks.ts'
import { calibrationCurve } from './charts/calibration-curve.ts'
import { dependenceChart } from './charts/dependence.ts'
import { fieldBars } from './charts/field-bars.ts'

const mostRows = 60
const mostResiduals = 10

/** What lies deeper than the gate's means: a digest for Markdown, and all of it for the page. */
export function depthSection(depth: Depth, gate: GateResult): readonly Block[] {
  return [
    { kind: 'heading', text: 'Evaluation in depth' },
    digest(depth, gate),
    { kind: 'page', blocks: pageOf(depth, gate) },
  ]
}

/** A line for each thing that was looked at. */
function digest(depth: Depth, { metric, unit }: GateResult): Table {
  const { fitting, worstSlice, against, calibration, groups, noise, missing, importance, residuals } = depth
  const { slope, level } = calibration
  const gaps = groups.flatMap(({ attribute, group, errorGap }) => (errorGap ? [{ attribute, group, errorGap }] : []))
  const widest = gaps.toSorted((a, b) => b.errorGap.estimate - a.errorGap.estimate)[0]
  const [noisiest, dearest, largest] = [noise.fields[0], missing[0], residuals[0]]
  const rows: readonly (readonly [string, Text])[] = [
    ['fit', `${fitting.is === 'fitting' ? 'neither over- nor underfitting' : fitting.is}: ${fitting.why}`],
    ...(worstSlice
      ? [
          [
            `worst of ${whole(worstSlice.searched)} slices searched`,
            [
              { code: worstSlice.name },
              `(${whole(worstSlice.records)} records): ${metric.name} ${amount(worstSlice.own)}, ${moreOrLess(worstSlice.relative.estimate)} the ${against}'s (${span(worstSlice.relative, percent)} for all together)`,
            ],
          ] as const,
        ]
      : []),
    [
      'calibration',
      `slope ${slope.estimate.toFixed(3)} (${span(slope, (value) => value.toFixed(3))}); predictions ${percent(Math.abs(level.estimate))} too ${level.estimate < 0 ? 'low' : 'high'} on average (${span(level, percent)})`,
    ],
    ...(widest
      ? [
          [
            'fairness, widest gap',
            [
              { code: `${widest.attribute} = ${widest.group}` },
              `error ${moreOrLess(widest.errorGap.estimate)} on the others (${span(widest.errorGap, percent)})`,
            ],
          ] as const,
        ]
      : []),
    ...(noisiest ? [[`noise of ${setting(100 * noise.share)}, worst`, change(noisiest)] as const] : []),
    ...(dearest ? [['a field missing, worst', change(dearest)] as const] : []),
    ['most important fields', importance.slice(0, 5).map(({ field }) => ({ code: field }))],
    ...(largest
      ? [
          [
            'largest error',
            [
              { code: largest.key },
              `predicted ${amount(largest.prediction)}, was ${amount(largest.actual)} ${unit}`.trimEnd(),
            ],
          ] as const,
        ]
      : []),
  ]
  return { kind: 'table', caption: 'Looked at deeper', columns: [{ name: 'what' }, { name: 'found' }], rows }
}

const change = ({ field, relative }: Change): Text => [
  { code: field },
  `error ${moreOrLess(relative.estimate)} it was (${span(relative, percent)})`,
]

/** Charts and tables. */
function pageOf(depth: Depth, { metric, unit }: GateResult): readonly Block[] {
  const { calibration, groups, noise, missing, importance, shapley, dependence, segments, residuals } = depth
  const bars = (changes: readonly Change[]) =>
    changes.map(({ field, relative }) => ({ field, value: relative.estimate, interval: relative }))
  return [
    { kind: 'chart', caption: 'Calibration', svg: calibrationCurve(calibration.bins, unit) },
    folded({
      kind: 'table',
      caption: `Calibration: ten bins of predictions, ${unit}; expected calibration error ${amount(calibration.error)}`,
      columns: numeric('bin', 'records', 'predicted', 'actual', 'predicted − actual'),
      rows: calibration.bins.map(({ records, predicted, actual, bias }, index) => [
        whole(index + 1),
        whole(records),
        amount(predicted),
        amount(actual),
        `${amount(bias.estimate)} (${span(bias, amount)})`,
      ]),
    }),
    {
      kind: 'chart',
      caption: 'Permutation importance',
      svg: fieldBars(
        'importance',
        'Permutation importance',
        'How much larger the error is when a field’s values are given to other records.',
        `${metric.name}, % more`,
        bars(importance),
        percent,
      ),
    },
    {
      kind: 'chart',
      caption: 'Shapley values',
      svg: fieldBars(
        'shapley',
        'Shapley values',
        `Mean size of what a field adds to a prediction, over ${whole(shapley.records)} records, each against ${whole(shapley.background)} others.`,
        unit,
        shapley.fields.map(({ field, size }) => ({ field, value: size })),
        amount,
      ),
    },
    { kind: 'chart', caption: 'Partial dependence', svg: dependenceChart(dependence, unit) },
    {
      kind: 'chart',
      caption: 'Robustness: noise',
      svg: fieldBars(
        'noise',
        'Robustness: noise',
        `How much larger the error is with noise of ${setting(100 * noise.share)} of a field’s spread on it.`,
        `${metric.name}, % more`,
        bars(noise.fields),
        percent,
      ),
    },
    {
      kind: 'chart',
      caption: 'Robustness: a field missing',
      svg: fieldBars(
        'missing',
        'Robustness: a field missing',
        'How much larger the error is when a field has its middle value in all records.',
        `${metric.name}, % more`,
        bars(missing),
        percent,
      ),
    },
    ...(groups.length > 0
      ? [
          {
            kind: 'table',
            caption: 'Fairness: each group against all others',
            columns: numeric('group', 'records', metric.name, 'error', 'predicted'),
            rows: groups
              .slice(0, mostRows)
              .map(({ attribute, group, records, error, errorGap, biasGap }) => [
                [attribute, { code: group }],
                whole(records),
                amount(error),
                errorGap ? `${percent(errorGap.estimate)} (${span(errorGap, percent)})` : 'too few to tell',
                biasGap ? `${percent(biasGap.estimate)} (${span(biasGap, percent)})` : '',
              ]),
          } as const,
        ]
      : []),
    folded({
      kind: 'table',
      caption: 'Errors over fields and slices',
      columns: numeric('records with', 'records', metric.name, 'predicted − actual'),
      rows: segments
        .slice(0, 3 * mostRows)
        .map(({ name, records, error, bias }) => [{ code: name }, whole(records), amount(error), amount(bias)]),
    }),
    ...(residuals.length > 0
      ? [
          {
            kind: 'table',
            caption: 'Largest errors, with their records',
            columns: [
              { name: 'record' },
              { name: 'actual', numeric: true },
              { name: 'predicted', numeric: true },
              { name: 'fields' },
            ],
            rows: residuals
              .slice(0, mostResiduals)
              .map(({ key, actual, prediction, record }) => [
                { code: key },
                amount(actual),
                amount(prediction),
                record.map(({ field, value }) => ({ code: `${field}: ${value}` })),
              ]),
          } as const,
        ]
      : []),
  ]
}

const folded = (table: Table): Block => ({ kind: 'folded', summary: table.caption, blocks: [table] })
const numeric = (first: string, ...others: readonly string[]) => [
  { name: first },
  ...others.map((name) => ({ name, numeric: true })),
]
