import { fieldsOf, type Look } from './look.ts'
import { groupBySlice } from './slices.ts'

/** Rows that have something in common, in words: `shop = market`, `rain_mm ≥ 4.2`. */
export type Group = { readonly name: string; readonly of: string; readonly rows: readonly number[] }

// More values than this are names of single things, and groups of them too small to look at.
const mostValues = 20

/** The groups that records fall into: by each value of the task's slices and of fields with few values, and by quarters of number fields. */
export function groupsOf(look: Look): readonly Group[] {
  const slices = groupBySlice(look.rows).map(({ slice, value, rows }) => ({
    name: `${slice} = ${value}`,
    of: slice,
    rows,
  }))
  const known = new Set(slices.map(({ of }) => of))
  return [
    ...slices,
    ...fieldsOf(look)
      .filter((field) => !known.has(field))
      .flatMap((field) => byField(look, field)),
  ]
}

/** All pairs of groups of different fields. */
export function pairsOf(groups: readonly Group[]): readonly Group[] {
  return groups.flatMap((one, index) =>
    groups.slice(index + 1).flatMap((other) => {
      if (one.of === other.of) return []
      const rows = new Set(other.rows)
      return [
        {
          name: `${one.name} and ${other.name}`,
          of: `${one.of} ${other.of}`,
          rows: one.rows.filter((row) => rows.has(row)),
        },
      ]
    }),
  )
}

function byField({ rows }: Look, field: string): readonly Group[] {
  const values = rows.map(({ record }) => record[field])
  if (typeof values[0] === 'number') return byQuarter(field, values as number[])
  const different = [...new Set(values)]
  if (different.length > mostValues || !['string', 'boolean'].includes(typeof values[0])) return []
  return different.map((value) => ({
    name: `${field} = ${value}`,
    of: field,
    rows: values.flatMap((own, row) => (own === value ? [row] : [])),
  }))
}

function byQuarter(field: string, values: readonly number[]): readonly Group[] {
  const sorted = values.toSorted((a, b) => a - b)
  const edges = [...new Set([0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)] as number))]
  const within = (from: number | undefined, to: number | undefined) => (value: number) =>
    (from === undefined || value >= from) && (to === undefined || value < to)
  return [undefined, ...edges].map((from, index) => {
    const to = edges[index]
    const is = within(from, to)
    const [low, high] = [from, to].map((edge) => (edge === undefined ? '' : `${Number(edge.toPrecision(4))}`))
    const name =
      from === undefined ? `${field} < ${high}` : to === undefined ? `${field} ≥ ${low}` : `${low} ≤ ${field} < ${high}`
    return { name, of: field, rows: values.flatMap((value, row) => (is(value) ? [row] : [])) }
  })
}
