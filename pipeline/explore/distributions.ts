import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier as id, literal, query } from '../data/duckdb.ts'
import type { Bin, Value } from './exploration.ts'
import { type Field, numeric } from './fields.ts'
import type { Summary } from './summary.ts'

const mostBins = 40

/** Bins of one width, from `from` on. */
export type Grid = { readonly from: number; readonly width: number; readonly bins: number }

/** A field's rows by bin or value, and the share of the target's variance that the groups explain: η², from 0 to 1. */
export type Distribution = {
  readonly bins?: readonly Bin[]
  readonly values?: readonly Value[]
  readonly others?: number
  readonly explained?: number
}

/** The bins of a field: of one width between its least and its greatest number, on whole numbers where all are whole. */
export function gridOf({ min, max, whole }: Summary): Grid | undefined {
  if (min === undefined || max === undefined) return undefined
  if (whole && max - min < 1e15) {
    const width = Math.max(1, Math.ceil((max - min + 1) / mostBins))
    return { from: min - 0.5, width, bins: Math.ceil((max - min + 1) / width) }
  }
  const width = (max - min) / mostBins
  // Too narrow to be divided, or wider than a number can tell.
  if (!(width > 0) || !Number.isFinite(width) || min + width === min) return { from: min, width: 1, bins: 1 }
  return { from: min, width, bins: mostBins }
}

/** The rows of every field by bins of `grids` or by most frequent value, with the target's mean in each: one pass over the table. */
export async function distributions(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  summaries: ReadonlyMap<string, Summary>,
  grids: ReadonlyMap<string, Grid>,
  target: string | undefined,
): Promise<ReadonlyMap<string, Distribution>> {
  const sqlOf = new Map(numeric(fields).map(({ name, sql }) => [name, sql]))
  const grouped = fields.flatMap((field) => {
    const { name } = field
    const grid = grids.get(name)
    const sql = sqlOf.get(name)
    if (grid && sql) {
      const bin = `CAST(least(${grid.bins - 1}, greatest(0, floor((${sql} - ${grid.from}) / ${grid.width}))) AS INTEGER)`
      return [{ field, group: `CASE WHEN ${sql} IS NULL THEN -1 ELSE ${bin} END` }]
    }
    const top = summaries.get(name)?.top
    if (!top) return []
    const position = `list_position([${top.map(literal).join(', ')}]::VARCHAR[], ${id(name)})`
    // -1: no value; -2: one that is not among the most frequent.
    return [
      { field, group: `CASE WHEN ${id(name)} IS NULL THEN -1 ELSE coalesce(CAST(${position} AS INTEGER) - 1, -2) END` },
    ]
  })
  if (grouped.length === 0) return new Map()
  const groups = grouped.map((_, index) => `g${index}`)
  const value = target === undefined ? 'NULL::DOUBLE' : (sqlOf.get(target) ?? 'NULL::DOUBLE')
  const rows = await query(
    connection,
    `WITH groups AS (SELECT ${grouped.map(({ group }, index) => `${group} AS g${index}`).join(', ')}, ${value} AS target FROM ${table})
     SELECT ${groups.join(', ')}, count(*) AS count, count(target) AS known, avg(target) AS mean, var_pop(target) AS variance
     FROM groups GROUP BY GROUPING SETS (${groups.map((group) => `(${group})`).join(', ')})`,
  )
  return new Map(
    grouped.map(({ field }, index) => {
      const own = rows.filter((row) => row[`g${index}`] !== null && row[`g${index}`] !== undefined)
      const by = new Map(own.map((row) => [Number(row[`g${index}`]), row]))
      const group = (at: number) => {
        const row = by.get(at)
        return { count: Number(row?.['count'] ?? 0), target: row?.['mean'] == null ? null : Number(row['mean']) }
      }
      const explained =
        target === undefined || field.name === target
          ? undefined
          : explainedBy([...by].filter(([at]) => at !== -1).map(([, row]) => row))
      return [field.name, { ...shape(field.name, group), ...(explained === undefined ? {} : { explained }) }]
    }),
  )

  function shape(name: string, group: (at: number) => { count: number; target: number | null }): Distribution {
    const grid = grids.get(name)
    if (grid) {
      const edge = (at: number) => grid.from + at * grid.width
      return {
        bins: Array.from({ length: grid.bins }, (_, at) => ({ from: edge(at), to: edge(at + 1), ...group(at) })),
      }
    }
    const top = summaries.get(name)?.top ?? []
    const values = top.map((text, at) => ({ value: text, ...group(at) })).toSorted((a, b) => b.count - a.count)
    return { values, others: group(-2).count }
  }
}

type Spread = { readonly [column: string]: unknown }

/** η²: variance between groups over variance within and between, of groups with `known` values, their `mean` and `variance`. */
export function explainedBy(groups: readonly Spread[]): number | undefined {
  const known = groups
    .map((row) => ({ n: Number(row['known'] ?? 0), mean: Number(row['mean']), variance: Number(row['variance']) }))
    .filter(({ n }) => n > 0)
  const all = known.reduce((sum, { n }) => sum + n, 0)
  const mean = known.reduce((sum, { n, mean }) => sum + n * mean, 0) / all
  const between = known.reduce((sum, { n, mean: own }) => sum + n * (own - mean) ** 2, 0)
  const within = known.reduce((sum, { n, variance }) => sum + n * variance, 0)
  return between + within > 0 ? between / (between + within) : undefined
}
