import { type Around, blue, type Chart, heightOf, orange, tableOf, tip, view } from './chart.ts'
import { chartsOverTime } from './charts-over-time.ts'
import type { FieldExploration } from './exploration.ts'
import { correlation, number, share, withUnit } from './wording.ts'

/** The charts of one field: how its values lie, what the target does with them, how they change over time and come round. */
export function chartsOfField(field: FieldExploration, around: Around): readonly Chart[] {
  const all = [
    histogram(field, around),
    mostFrequent(field, around),
    targetBy(field, around),
    ...chartsOverTime(field, around),
  ]
  return all.filter((chart) => chart !== undefined)
}

function histogram({ name, unit, numbers, kind, count }: FieldExploration, { prefix }: Around): Chart | undefined {
  if (!numbers || kind === 'boolean') return undefined
  const { bins } = numbers
  const values = bins.map(({ from, to, count: rows }) => ({
    from,
    to,
    rows,
    range: `${number(from)} to ${number(to)}`,
    part: share(rows / count),
  }))
  return {
    id: `${prefix}-distribution`,
    title: `Distribution of ${withUnit({ name, ...(unit ? { unit } : {}) })}`,
    says: `From ${number(numbers.min)} to ${number(numbers.max)}, median ${number(numbers.quantiles['50'])}.`,
    spec: view(170, values, {
      mark: { type: 'bar', color: blue, binSpacing: 1 },
      params: [{ name: 'brush', select: { type: 'interval', encodings: ['x'] } }],
      encoding: {
        x: {
          field: 'from',
          type: 'quantitative',
          bin: 'binned',
          title: withUnit({ name, ...(unit ? { unit } : {}) }),
          scale: { zero: false, nice: false },
        },
        x2: { field: 'to' },
        y: { field: 'rows', type: 'quantitative', title: 'rows' },
        opacity: { condition: { param: 'brush', value: 1 }, value: 0.35 },
        tooltip: [tip('range', name), { field: 'rows', title: 'rows', format: ',' }, tip('part', 'share')],
      },
    }),
    table: {
      columns: [name, 'rows', 'share'],
      rows: values.map(({ range, rows, part }) => [range, number(rows), part]),
    },
  }
}

function mostFrequent(field: FieldExploration, { prefix }: Around): Chart | undefined {
  const { name, count } = field
  const groups = groupsOf(field)
  if (!groups) return undefined
  const values = groups.map(({ value, count: rows }) => ({ value, rows, part: share(rows / Math.max(1, count)) }))
  return {
    id: `${prefix}-values`,
    title: `Values of ${name}`,
    says: field.others
      ? `The most frequent; ${number(field.others)} rows have others.`
      : `${groups.length} different values.`,
    spec: view(heightOf(values.length), values, {
      mark: { type: 'bar', color: blue },
      encoding: {
        y: { field: 'value', type: 'nominal', sort: null, title: null },
        x: { field: 'rows', type: 'quantitative', title: 'rows' },
        tooltip: [tip('value', name), { field: 'rows', title: 'rows', format: ',' }, tip('part', 'share')],
      },
    }),
    table: {
      columns: [name, 'rows', 'share'],
      rows: values.map(({ value, rows, part }) => [value, number(rows), part]),
    },
  }
}

/** A flag's bins are its two values. */
function groupsOf({ kind, values, numbers }: FieldExploration) {
  if (values) return values
  if (kind !== 'boolean' || !numbers) return undefined
  return numbers.bins.map(({ from, ...group }) => ({
    value: from < 0 && numbers.bins.length === 2 ? 'false' : String(numbers.min === 1 || from > 0),
    ...group,
  }))
}

function targetBy(field: FieldExploration, { prefix, target }: Around): Chart | undefined {
  const { name, numbers, association, isTarget } = field
  if (!target || isTarget || association?.explained === undefined) return undefined
  const title = `mean of ${withUnit(target)}`
  const groups = groupsOf(field)
  const common = {
    id: `${prefix}-target`,
    title: `${target.name} by ${name}`,
    says: `The groups explain ${share(association.explained)} of its variance${association.pearson === undefined ? '' : `; correlation ${correlation(association.pearson)}`}.`,
  }
  const tooltip = [tip('value', name), tip('shown', title), { field: 'rows', title: 'rows', format: ',' }]
  if (groups) {
    const values = groups.flatMap(({ value, count: rows, target: mean }) =>
      mean === null ? [] : [{ value, rows, mean, shown: number(mean) }],
    )
    const encoding = {
      y: { field: 'value', type: 'nominal', sort: null, title: null },
      x: { field: 'mean', type: 'quantitative', title },
      tooltip,
    }
    return {
      ...common,
      spec: view(heightOf(values.length), values, { mark: { type: 'bar', color: orange }, encoding }),
      table: tableOf(name, title, values),
    }
  }
  const values = (numbers?.bins ?? []).flatMap(({ from, to, count: rows, target: mean }) =>
    mean === null
      ? []
      : [{ at: (from + to) / 2, value: `${number(from)} to ${number(to)}`, rows, mean, shown: number(mean) }],
  )
  const encoding = {
    x: { field: 'at', type: 'quantitative', title: withUnit(field), scale: { zero: false } },
    y: { field: 'mean', type: 'quantitative', title: 'mean' },
    tooltip,
  }
  const layer = [
    { mark: { type: 'line', color: orange }, encoding },
    // Bins of few rows say little.
    {
      mark: { type: 'circle', color: orange, opacity: 0.9 },
      encoding: {
        ...encoding,
        size: { field: 'rows', type: 'quantitative', legend: null, scale: { range: [12, 160] } },
      },
    },
  ]
  return { ...common, spec: view(170, values, { layer }), table: tableOf(name, title, values) }
}
