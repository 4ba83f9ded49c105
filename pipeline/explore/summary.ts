import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier as id, query } from '../data/duckdb.ts'
import { type Field, numeric } from './fields.ts'

/** How many of a field's values are shown by name. */
const mostValues = 12
const levels = [0.01, 0.25, 0.5, 0.75, 0.99] as const

/** One pass over a table: what later passes need to know. Numbers of a field that has none are null. */
export type Summary = {
  readonly count: number
  readonly distinct: number
  readonly min?: number
  readonly max?: number
  readonly mean?: number
  readonly sd?: number
  readonly quantiles?: readonly number[]
  /** The most frequent values, whole numbers where all are. */
  readonly top?: readonly string[]
  readonly whole?: boolean
  readonly span?: { readonly from: string; readonly to: string }
}

/** Range, mean, spread, quantiles and most frequent values of every field, in one pass and bounded memory. */
export async function summaries(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
): Promise<ReadonlyMap<string, Summary>> {
  const numbers = new Map(numeric(fields).map(({ name, sql }) => [name, sql]))
  const columns = fields.flatMap(({ name, kind }, index) => {
    const value = numbers.get(name) ?? id(name)
    const common = [`count(${value}) AS "count${index}"`, `approx_count_distinct(${value}) AS "distinct${index}"`]
    if (kind === 'time')
      return [
        ...common,
        `strftime(min(${value}), '%Y-%m-%dT%H:%M:%SZ') AS "min${index}"`,
        `strftime(max(${value}), '%Y-%m-%dT%H:%M:%SZ') AS "max${index}"`,
      ]
    if (kind === 'category') return [...common, `approx_top_k(${value}, ${mostValues}) AS "top${index}"`]
    return [
      ...common,
      ...['min', 'max', 'avg', 'stddev_samp'].map((what) => `${what}(${value}) AS "${what}${index}"`),
      `approx_quantile(${value}, [${levels.join(', ')}]) AS "quantiles${index}"`,
      `bool_and(${value} = round(${value})) AS "whole${index}"`,
    ]
  })
  const [row = {}] = await query(connection, `SELECT count(*) AS rows, ${columns.join(', ')} FROM ${table}`)
  return new Map(fields.map((field, index) => [field.name, read(field, row, index)]))
}

function read({ kind }: Field, row: { readonly [column: string]: unknown }, index: number): Summary {
  const of = (column: string) => row[`${column}${index}`]
  const common = { count: Number(of('count')), distinct: Number(of('distinct')) }
  if (common.count === 0) return common
  if (kind === 'time') return { ...common, span: { from: String(of('min')), to: String(of('max')) } }
  if (kind === 'category') return { ...common, top: (of('top') as readonly unknown[]).map(String) }
  return {
    ...common,
    min: Number(of('min')),
    max: Number(of('max')),
    mean: Number(of('avg')),
    sd: Number(of('stddev_samp') ?? 0),
    quantiles: (of('quantiles') as readonly number[]).map(Number),
    whole: of('whole') === true,
  }
}
