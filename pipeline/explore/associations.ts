import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier as id, query } from '../data/duckdb.ts'
import { type Field, numeric } from './fields.ts'

/** Every two fields of this many first ones are compared: pairs grow with the square. */
const mostFields = 24
/** Lags of a history that are looked at, from its newest value. */
const mostLags = 60

export type Pair = { readonly a: string; readonly b: string; readonly pearson: number }

/** Pearson's r of every two fields that numbers stand for, over the rows that have both; a field that does not vary is left out. One pass. */
export async function correlations(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  target: string | undefined,
): Promise<readonly Pair[]> {
  const numbers = numeric(fields)
    .toSorted((a, b) => Number(b.name === target) - Number(a.name === target))
    .slice(0, mostFields)
  const pairs = numbers.flatMap((a, index) => numbers.slice(index + 1).map((b) => ({ a, b })))
  if (pairs.length === 0) return []
  const [row = {}] = await query(
    connection,
    `SELECT ${pairs.map(({ a, b }, index) => `corr(${a.sql}, ${b.sql}) AS r${index}`).join(', ')} FROM ${table}`,
  )
  return pairs.flatMap(({ a, b }, index) => {
    const pearson = row[`r${index}`] == null ? Number.NaN : Number(row[`r${index}`])
    return Number.isFinite(pearson) ? [{ a: a.name, b: b.name, pearson }] : []
  })
}

/** Pearson's r of each value of a history with the target, by how many places before the newest it stands (from 1). */
export async function historyLags(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  target: string,
): Promise<ReadonlyMap<string, readonly { readonly lag: number; readonly pearson: number }[]>> {
  const found = new Map<string, readonly { readonly lag: number; readonly pearson: number }[]>()
  const value = numeric(fields).find(({ name }) => name === target)?.sql
  for (const { name, kind } of value ? fields : []) {
    if (kind !== 'history') continue
    const lags = Array.from(
      { length: mostLags },
      (_, lag) => `corr(list_extract(${id(name)}, -${lag + 1}), ${value}) AS r${lag + 1}`,
    )
    const [row = {}] = await query(connection, `SELECT ${lags.join(', ')} FROM ${table}`)
    const known = Array.from({ length: mostLags }, (_, lag) => ({
      lag: lag + 1,
      pearson: row[`r${lag + 1}`] == null ? Number.NaN : Number(row[`r${lag + 1}`]),
    }))
    found.set(
      name,
      known.filter(({ pearson }) => Number.isFinite(pearson)),
    )
  }
  return found
}
