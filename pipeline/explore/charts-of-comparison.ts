import { blue, type Chart, grey, heightOf, view } from './chart.ts'
import type { Comparison, TableChange } from './compare.ts'
import type { Exploration, FieldExploration } from './exploration.ts'
import { number, share, withUnit } from './wording.ts'

const mostCharts = 8
/** A smaller distance is not drawn. */
const leastDistance = 0.02

/** Then and now of the fields that moved most, the farthest first. */
export function chartsOfComparison({ tables, before }: Comparison, now: Exploration): readonly Chart[] {
  const moved = tables.flatMap((table) =>
    table.fields.map((change) => ({ table, change, distance: change.distance ?? 0 })),
  )
  return moved
    .filter(({ distance }) => distance >= leastDistance)
    .toSorted((a, b) => b.distance - a.distance)
    .slice(0, mostCharts)
    .flatMap(({ table, change, distance }, index) => {
      const field = fieldOf(now, table, change.name)
      const earlier = fieldOf(before, table, change.name)
      return field && earlier ? [thenAndNow(`c${index}`, table, distance, earlier, field)] : []
    })
}

const fieldOf = ({ tables }: Exploration, { name }: TableChange, field: string) =>
  tables.find((one) => one.name === name)?.fields.find((one) => one.name === field)

function thenAndNow(
  id: string,
  table: TableChange,
  distance: number,
  before: FieldExploration,
  now: FieldExploration,
): Chart {
  const all = [
    { when: 'before', field: before },
    { when: 'now', field: now },
  ].flatMap(({ when, field }) => groupsOf(field).map((group) => ({ when, ...group, shown: share(group.part) })))
  const tooltip = [
    { field: 'value', title: now.name, type: 'nominal' },
    { field: 'when', title: 'data', type: 'nominal' },
    { field: 'shown', title: 'share', type: 'nominal' },
  ]
  const color = {
    field: 'when',
    type: 'nominal',
    title: null,
    legend: { orient: 'top' },
    scale: { domain: ['before', 'now'], range: [grey, blue] },
  }
  const params = [{ name: 'picked', select: { type: 'point', fields: ['when'] }, bind: 'legend' }]
  const opacity = { condition: { param: 'picked', value: 1 }, value: 0.15 }
  const part = { field: 'part', type: 'quantitative', title: 'share of rows', axis: { format: '.0%' } }
  const spec = now.numbers
    ? view(180, all, {
        mark: { type: 'line', interpolate: 'step', strokeWidth: 2 },
        params,
        encoding: {
          x: { field: 'at', type: 'quantitative', title: withUnit(now), scale: { zero: false } },
          y: part,
          color,
          opacity,
          tooltip,
        },
      })
    : view(heightOf(1.4 * new Set(all.map(({ value }) => value)).size, true), all, {
        mark: { type: 'bar' },
        params,
        encoding: {
          y: { field: 'value', type: 'nominal', sort: null, title: null },
          yOffset: { field: 'when', sort: ['before', 'now'] },
          x: part,
          color,
          opacity,
          tooltip,
        },
      })
  return {
    id,
    title: `${table.path ?? table.name}: ${withUnit(now)}`,
    says: `Distance ${distance.toFixed(2)} of 1. Click on the legend to pick.`,
    spec,
    table: { columns: [now.name, 'data', 'share'], rows: all.map(({ value, when, shown }) => [value, when, shown]) },
  }
}

function groupsOf({
  numbers,
  values = [],
  count,
}: FieldExploration): readonly { at: number; value: string; part: number }[] {
  const rows = Math.max(1, count)
  if (!numbers) return values.map(({ value, count: own }) => ({ at: 0, value, part: own / rows }))
  return numbers.bins.map(({ from, to, count: own }) => ({
    at: (from + to) / 2,
    value: `${number(from)} to ${number(to)}`,
    part: own / rows,
  }))
}
