import { type Around, blue, type Chart, type Datum, grey, orange, tableOf, tip, view } from './chart.ts'
import type { Cycle, FieldExploration } from './exploration.ts'
import { correlation, number, phaseName, share, withUnit } from './wording.ts'

/** A season that explains less of a field's variance is not drawn, except of the target. */
const leastSeason = 0.01

/** The charts of one field over time: its run, its seasons, how it repeats itself, and what it tells of the target by period. */
export function chartsOverTime(field: FieldExploration, around: Around): readonly (Chart | undefined)[] {
  return [
    alongTime(field, around),
    ...(field.cycles ?? [])
      .filter(({ explained }) => field.isTarget || explained >= leastSeason)
      .map((cycle) => cycleOf(field, cycle, around)),
    lags(field, around),
    historyLags(field, around),
    byPeriod(field, around),
  ]
}

function alongTime(field: FieldExploration, { prefix, bucket }: Around): Chart | undefined {
  const { name, moments = [] } = field
  const values = moments.flatMap(({ at, mean, low, high, missing }) =>
    mean === undefined || low === undefined || high === undefined
      ? []
      : [
          {
            at: Date.parse(at),
            when: bucket === 'hour' ? at.slice(0, 16).replace('T', ' ') : at.slice(0, 10),
            mean,
            low,
            high,
            shown: number(mean),
            band: `${number(low)} to ${number(high)}`,
            gone: share(missing),
          },
        ],
  )
  if (values.length < 3) return undefined
  const flag = field.kind === 'boolean'
  const x = {
    field: 'at',
    type: 'temporal',
    scale: { type: 'utc' },
    title: null,
    axis: { tickCount: 6, labelOverlap: 'greedy' },
  }
  const y = { type: 'quantitative', title: flag ? `share of ${name}` : withUnit(field), scale: { zero: flag } }
  const tooltip = [
    tip('when', `${bucket} of`),
    tip('shown', 'mean'),
    ...(flag ? [] : [tip('band', '10 % to 90 %')]),
    tip('gone', 'missing'),
  ]
  const line = { mark: { type: 'line', color: blue, strokeWidth: 1.5 }, encoding: { x, y: { field: 'mean', ...y } } }
  const dots = {
    mark: { type: 'point', filled: true, color: orange, size: 60 },
    params: [
      {
        name: 'near',
        select: { type: 'point', nearest: true, on: 'pointerover', clear: 'pointerout', encodings: ['x'] },
      },
      // The wheel alone scrolls the page.
      { name: 'zoom', select: { type: 'interval', encodings: ['x'], zoom: 'wheel![event.shiftKey]' }, bind: 'scales' },
    ],
    encoding: {
      x,
      y: { field: 'mean', ...y },
      opacity: { condition: { param: 'near', empty: false, value: 1 }, value: 0 },
      tooltip,
    },
  }
  const band = {
    mark: { type: 'area', color: blue, opacity: 0.22 },
    encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' } },
  }
  return {
    id: `${prefix}-time`,
    title: `${name} over time`,
    says: flag
      ? `Its share by ${bucket}.`
      : `Mean by ${bucket}, and the band that 10 % to 90 % of rows lie in. Drag moves, shift and wheel zoom, double click resets.`,
    spec: view(190, values, { layer: flag ? [line, dots] : [band, line, dots] }),
    table: {
      columns: [`${bucket} of`, 'mean', '10 % to 90 %', 'missing'],
      rows: values.map(({ when, shown, band: spread, gone }) => [when, shown, spread, gone]),
    },
  }
}

function cycleOf(field: FieldExploration, { name: cycle, explained, means }: Cycle, { prefix }: Around): Chart {
  const { name } = field
  const values = means.map(({ phase, mean, count: rows }) => ({
    value: phaseName(cycle, phase),
    mean,
    shown: number(mean),
    rows,
  }))
  const title = `mean of ${withUnit(field)}`
  return {
    id: `${prefix}-${cycle}`,
    title: `${name} by ${cycle === 'month' ? 'month of the year' : cycle === 'hour' ? 'hour of the day' : 'weekday'}`,
    says: `It explains ${share(explained)} of the variance.`,
    spec: view(150, values, {
      mark: { type: 'bar', color: blue },
      encoding: {
        x: { field: 'value', type: 'nominal', sort: null, title: null, axis: { labelAngle: 0 } },
        y: { field: 'mean', type: 'quantitative', title: 'mean' },
        tooltip: [tip('value', cycle), tip('shown', title), { field: 'rows', title: 'rows', format: ',' }],
      },
    }),
    table: tableOf(cycle, title, values),
  }
}

function lags({ name, autocorrelation }: FieldExploration, { prefix }: Around): Chart | undefined {
  if (!autocorrelation) return undefined
  const values = autocorrelation.map((r, index) => ({ lag: index + 1, r, shown: correlation(r) }))
  return lagChart(
    `${prefix}-lags`,
    `Autocorrelation of ${name}`,
    `Means by day with those of so many days before: ${correlation(autocorrelation[0] ?? 0)} after one, ${correlation(autocorrelation[6] ?? 0)} after seven.`,
    'days before',
    values,
  )
}

function historyLags({ name, association }: FieldExploration, { prefix, target }: Around): Chart | undefined {
  if (!association?.byLag || association.byLag.length < 2 || !target) return undefined
  const values = association.byLag.map(({ lag, pearson }) => ({ lag, r: pearson, shown: correlation(pearson) }))
  const best = values.toSorted((a, b) => Math.abs(b.r) - Math.abs(a.r))[0]
  return lagChart(
    `${prefix}-history`,
    `${target.name} with ${name}, value by value`,
    `Correlation with the value that stands so many places from its end; strongest at ${best?.lag}.`,
    'place from the end',
    values,
  )
}

function lagChart(
  id: string,
  title: string,
  says: string,
  label: string,
  values: readonly (Datum & { lag: number; r: number; shown: string })[],
): Chart {
  return {
    id,
    title,
    says,
    spec: view(150, values, {
      mark: { type: 'bar', color: blue, width: { band: 0.7 } },
      encoding: {
        x: { field: 'lag', type: 'ordinal', title: label, axis: { labelAngle: 0 } },
        y: {
          field: 'r',
          type: 'quantitative',
          title: 'correlation',
          scale: { domain: [Math.min(0, ...values.map(({ r }) => r)), 1] },
        },
        tooltip: [tip('lag', label), tip('shown', 'correlation')],
      },
    }),
    table: { columns: [label, 'correlation'], rows: values.map(({ lag, shown }) => [String(lag), shown]) },
  }
}

function byPeriod({ name, association }: FieldExploration, { prefix, target }: Around): Chart | undefined {
  if (!association?.byPeriod || !target) return undefined
  const values = association.byPeriod.map(({ period, pearson: r }) => ({ period, r, shown: correlation(r) }))
  const rule = { mark: { type: 'rule', color: grey }, encoding: { y: { datum: 0 } } }
  const encoding = {
    x: { field: 'period', type: 'ordinal', title: null, axis: { labelAngle: 0 } },
    y: { field: 'r', type: 'quantitative', title: 'correlation', scale: { domain: [-1, 1] } },
    tooltip: [tip('period', 'period'), tip('shown', 'correlation')],
  }
  return {
    id: `${prefix}-periods`,
    title: `${name} with ${target.name}, over time`,
    says: `Correlation from ${correlation(Math.min(...values.map(({ r }) => r)))} to ${correlation(Math.max(...values.map(({ r }) => r)))}.`,
    spec: view(150, values, {
      layer: [rule, { mark: { type: 'line', color: orange, point: { color: orange, size: 50 } }, encoding }],
    }),
    table: { columns: ['period', 'correlation'], rows: values.map(({ period, shown }) => [period, shown]) },
  }
}
