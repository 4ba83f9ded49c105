import type { DuckDBConnection } from '@duckdb/node-api'
import { InputError } from '../errors.ts'
import type { RawFile } from './contract.ts'
import { identifier as id, query } from './duckdb.ts'
import type { Search } from './findings.ts'
import { shown } from './shown.ts'

/** Days outside of these are mistakes: one of them would make a series of thousands of years. ISO dates. */
const plausible = { from: '1900-01-01', to: '2100-12-31' }

/** Raw data over more days than this are mistakes, too. */
const mostDays = 36_525

/** SQL: the day of a row as a date; NULL where it is none, or none that is plausible. */
export const dayOf = (file: RawFile): string =>
  `CASE WHEN ${date(file)} BETWEEN DATE '${plausible.from}' AND DATE '${plausible.to}' THEN ${date(file)} END`

const date = (file: RawFile) => `TRY_CAST(${id(file.time)} AS DATE)`

/** Rules for the days of a loaded table, before a row is made for each: none outside of 1900 to 2100, and no more than a hundred years. */
export async function dayRules(connection: DuckDBConnection, table: string, file: RawFile): Promise<readonly Search[]> {
  const { long, impossible } = await extent(connection, table, file)
  if (!long && !impossible) return []
  const common = { file: file.path, severity: 'error' as const, field: file.time }
  const row = `"#line" AS row, ${shown(file.schema, file.time)} AS value`
  return [
    {
      ...common,
      rule: 'impossible day',
      what: `${file.time} is before ${plausible.from} or after ${plausible.to}`,
      cure: 'correct the date at its source',
      select: `SELECT ${row} FROM ${id(table)} WHERE ${date(file)} IS NOT NULL AND ${dayOf(file)} IS NULL`,
    },
    {
      ...common,
      rule: 'too many days',
      what: `${file.time} spans more than a hundred years; the first day is this`,
      cure: 'correct the date at its source, or deliver the last hundred years only',
      select: `SELECT ${row} FROM ${id(table)} WHERE ${dayOf(file)} + ${mostDays} < (SELECT max(${dayOf(file)}) FROM ${id(table)})
        QUALIFY row_number() OVER (ORDER BY ${dayOf(file)}, "#line") = 1`,
    },
  ]
}

/** Throws InputError where `dayRules` would find something: for those who make a row for each day of `table`. */
export async function requirePlausibleDays(connection: DuckDBConnection, table: string, file: RawFile): Promise<void> {
  const { first, last, long, impossible } = await extent(connection, table, file)
  if (!long && !impossible) return
  throw new InputError(
    `${file.path}: ${file.time} runs from ${first} to ${last}: only days from ${plausible.from} to ${plausible.to}, and of a hundred years at most, can be read; ` +
      'correct the dates at their source (`npm run validate-data` names the lines)',
  )
}

/** The first and the last day of a loaded table as they are told, whether there are too many between them, and how many are not plausible. */
async function extent(connection: DuckDBConnection, table: string, file: RawFile) {
  const [row] = await query(
    connection,
    `SELECT CAST(min(${date(file)}) AS VARCHAR) AS first, CAST(max(${date(file)}) AS VARCHAR) AS last,
      max(${dayOf(file)}) - min(${dayOf(file)}) > ${mostDays} AS long, count(*) FILTER (WHERE ${date(file)} IS NOT NULL AND ${dayOf(file)} IS NULL) AS impossible
     FROM ${id(table)}`,
  )
  return {
    first: row?.['first'],
    last: row?.['last'],
    long: row?.['long'] === true,
    impossible: Number(row?.['impossible'] ?? 0),
  }
}
