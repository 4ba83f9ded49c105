import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier as id, query } from '../data/duckdb.ts'
import type { Outliers } from './exploration.ts'
import { type Field, numeric } from './fields.ts'
import type { Summary } from './summary.ts'

const fences = 3
const mostShown = 5

/** The rows of each field beyond Tukey's outer fences. None for a field half of whose rows have one value, and none for flags. `key` is SQL that names a row. */
export async function outliers(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  summaries: ReadonlyMap<string, Summary>,
  key: string,
): Promise<ReadonlyMap<string, Outliers>> {
  const fenced = numeric(fields).flatMap((field) => {
    const [, first, , third] = summaries.get(field.name)?.quantiles ?? []
    if (field.kind === 'boolean' || first === undefined || third === undefined || !(third > first)) return []
    const reach = fences * (third - first)
    return [{ ...field, low: first - reach, high: third + reach }]
  })
  if (fenced.length === 0) return new Map()
  const counts = fenced.flatMap(({ sql, low, high }, index) => [
    `count(*) FILTER (WHERE ${sql} < ${low}) AS "below${index}"`,
    `count(*) FILTER (WHERE ${sql} > ${high}) AS "above${index}"`,
  ])
  const [row = {}] = await query(connection, `SELECT ${counts.join(', ')} FROM ${table}`)
  const found = new Map<string, Outliers>()
  for (const [index, { name, sql, low, high }] of fenced.entries()) {
    const [below, above] = [Number(row[`below${index}`]), Number(row[`above${index}`])]
    const rows =
      below + above === 0
        ? []
        : await query(
            connection,
            `SELECT ${key} AS key, ${sql} AS value FROM ${table} WHERE ${sql} < ${low} OR ${sql} > ${high}
             ORDER BY greatest(${low} - ${sql}, ${sql} - ${high}) DESC, key LIMIT ${mostShown}`,
          )
    const farthest = rows.map(({ key, value }) => ({ key: String(key), value: Number(value) }))
    found.set(name, { low, high, below, above, farthest })
  }
  return found
}

/** SQL: a row's key as text, of those of its fields that may be told. */
export const keyOf = (fields: readonly Field[], key: readonly string[]): string => {
  const told = key.flatMap((name) => fields.filter((field) => field.name === name))
  const text = ({ name, kind }: Field) =>
    kind === 'time' ? `strftime(${id(name)}, '%Y-%m-%d')` : `CAST(${id(name)} AS VARCHAR)`
  return told.length === 0 ? `''` : told.map((field) => `coalesce(${text(field)}, '')`).join(` || ' | ' || `)
}
