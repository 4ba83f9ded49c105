import { type Chart, grey, heightOf, view } from './chart.ts'
import type { TableExploration } from './exploration.ts'
import { correlation, share } from './wording.ts'

/** The charts of a whole table: what goes with the target, every two fields, and where values are missing. */
export function chartsOfTable(table: TableExploration, prefix: string): readonly Chart[] {
  return [withTarget(table, prefix), everyTwo(table, prefix), missing(table, prefix)].filter(
    (chart) => chart !== undefined,
  )
}

const tip = (field: string, title: string) => ({ field, title, type: 'nominal' })

function withTarget({ fields, target }: TableExploration, prefix: string): Chart | undefined {
  const values = fields
    .flatMap(({ name, association }) =>
      association?.explained === undefined
        ? []
        : [
            {
              name,
              explained: association.explained,
              part: share(association.explained),
              r: association.pearson === undefined ? 'none: no number' : correlation(association.pearson),
              sign:
                association.pearson === undefined
                  ? 'a category'
                  : association.pearson < 0
                    ? 'falls with it'
                    : 'rises with it',
            },
          ],
    )
    .toSorted((a, b) => b.explained - a.explained)
  if (values.length < 2 || target === undefined) return undefined
  return {
    id: `${prefix}-association`,
    title: `What goes with ${target}`,
    says: `The share of its variance that each field alone explains, by its bins or values. Click on the legend to pick.`,
    spec: view(heightOf(values.length, true), values, {
      mark: { type: 'bar' },
      params: [{ name: 'picked', select: { type: 'point', fields: ['sign'] }, bind: 'legend' }],
      encoding: {
        y: { field: 'name', type: 'nominal', sort: null, title: null },
        x: {
          field: 'explained',
          type: 'quantitative',
          title: `share of the variance of ${target}`,
          axis: { format: '.0%' },
        },
        color: {
          field: 'sign',
          type: 'nominal',
          title: null,
          legend: { orient: 'top' },
          scale: { domain: ['rises with it', 'falls with it', 'a category'], range: ['#2f81d8', '#d9730d', grey] },
        },
        opacity: { condition: { param: 'picked', value: 1 }, value: 0.25 },
        tooltip: [tip('name', 'field'), tip('part', 'explains'), tip('r', 'correlation')],
      },
    }),
    table: { columns: ['field', 'explains', 'correlation'], rows: values.map(({ name, part, r }) => [name, part, r]) },
  }
}

function everyTwo({ correlations }: TableExploration, prefix: string): Chart | undefined {
  if (correlations.length < 3) return undefined
  const both = correlations.flatMap(({ a, b, pearson: r }) => [
    { a, b, r, shown: correlation(r) },
    { a: b, b: a, r, shown: correlation(r) },
  ])
  const names = [...new Set(both.map(({ a }) => a))]
  const place = { type: 'nominal', sort: names, title: null }
  const encoding = {
    // Every name is told: turned, none lies on another.
    x: { field: 'a', ...place, axis: { labelAngle: -40, labelOverlap: false } },
    y: { field: 'b', ...place },
  }
  return {
    id: `${prefix}-correlations`,
    title: 'Correlation of every two fields',
    says: 'Pearson’s r over the rows that have both, of a history its newest value.',
    spec: view(heightOf(names.length) + 40, both, {
      layer: [
        {
          mark: { type: 'rect' },
          encoding: {
            ...encoding,
            color: {
              field: 'r',
              type: 'quantitative',
              title: 'r',
              scale: { scheme: 'blueorange', domain: [-1, 1], reverse: true },
              legend: null,
            },
            tooltip: [tip('a', 'field'), tip('b', 'with'), tip('shown', 'correlation')],
          },
        },
        {
          mark: { type: 'text', fontSize: 11, color: '#1f2328' },
          encoding: {
            ...encoding,
            text: { field: 'shown' },
            color: { condition: { test: 'abs(datum.r) > 0.75', value: '#ffffff' }, value: '#1f2328' },
          },
        },
      ],
    }),
    table: {
      columns: ['field', 'with', 'correlation'],
      rows: correlations.map(({ a, b, pearson }) => [a, b, correlation(pearson)]),
    },
  }
}

function missing({ fields, time }: TableExploration, prefix: string): Chart | undefined {
  const gone = fields.filter(({ moments }) => moments?.some(({ missing: part }) => part > 0))
  if (gone.length === 0 || !time) return undefined
  const values = gone.flatMap(({ name, moments = [] }) =>
    moments.flatMap(({ at, missing: part, rows }) =>
      part > 0 ? [{ name, at: Date.parse(at), when: at.slice(0, 10), part, shown: share(part), rows }] : [],
    ),
  )
  return {
    id: `${prefix}-missing`,
    title: 'Missing values over time',
    says: `The share of rows of a ${time.bucket} without a value that counts.`,
    spec: view(heightOf(gone.length, true) + 10, values, {
      mark: { type: 'point', filled: true, shape: 'square', color: '#d9730d' },
      encoding: {
        x: {
          field: 'at',
          type: 'temporal',
          scale: { type: 'utc' },
          title: null,
          axis: { tickCount: 6, labelOverlap: 'greedy' },
        },
        y: { field: 'name', type: 'nominal', title: null },
        size: {
          field: 'part',
          type: 'quantitative',
          title: 'missing',
          legend: { format: '.1%', orient: 'top', tickCount: 3 },
          scale: { range: [10, 220], zero: true },
        },
        tooltip: [
          tip('name', 'field'),
          tip('when', `${time.bucket} of`),
          tip('shown', 'missing'),
          { field: 'rows', title: 'rows', format: ',' },
        ],
      },
    }),
    table: {
      columns: ['field', `${time.bucket} of`, 'missing'],
      rows: values.map(({ name, when, shown }) => [name, when, shown]),
    },
  }
}
