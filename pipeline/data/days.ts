import type { DuckDBConnection } from '@duckdb/node-api'
import { InputError } from '../errors.ts'
import type { RawFile } from './contract.ts'
import { identifier as id, query } from './duckdb.ts'
import type { Search } from './findings.ts'
import { seriesColumns } from './series.ts'
import { shown } from './shown.ts'

/** Days outside of these are mistakes: one of them would make a series of thousands of years. ISO dates. */
const plausible = { from: '1900-01-01', to: '2100-12-31' }

/** Raw data over more days than this are mistakes, too. */
const mostDays = 36_525

const date = (file: RawFile) => `TRY_CAST(${id(file.time)} AS DATE)`
const plausibleDay = (day: string) =>
  `CASE WHEN ${day} BETWEEN DATE '${plausible.from}' AND DATE '${plausible.to}' THEN ${day} END`

/** SQL: the day of a row as a date; NULL where it is none, or none that is plausible. */
export const dayOf = (file: RawFile): string => plausibleDay(date(file))

/** The table that `gatherDays` makes of a loaded table, and SQL for the day of its rows as `dayOf` has it. */
export const daysTable = (table: string): string => `${table} days`
export const gatheredDay = plausibleDay('"#day"')

/**
 * Makes the table `daysTable` of a loaded table: a row for each series and day (`#day`, NULL or implausible ones, too) with its first line (`#line`). What is
 * asked about days is asked of it: to read them anew from all rows for each question costs most of the time.
 */
export async function gatherDays(connection: DuckDBConnection, table: string, file: RawFile): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TABLE ${id(daysTable(table))} AS
     SELECT ${seriesColumns(file.series)}, ${date(file)} AS "#day", min("#line") AS "#line" FROM ${id(table)} GROUP BY ALL`,
  )
}

/** Rules for the days of a loaded table, whose days are gathered, before a row is made for each: none outside of 1900 to 2100, and no more than a hundred years. */
export async function dayRules(connection: DuckDBConnection, table: string, file: RawFile): Promise<readonly Search[]> {
  const { long, impossible } = await extent(connection, id(daysTable(table)))
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
  const { first, last, long, impossible } = await extent(
    connection,
    `(SELECT ${date(file)} AS "#day" FROM ${id(table)})`,
  )
  if (!long && !impossible) return
  throw new InputError(
    `${file.path}: ${file.time} runs from ${first} to ${last}: only days from ${plausible.from} to ${plausible.to}, and of a hundred years at most, can be read; ` +
      'correct the dates at their source (`npm run validate-data` names the lines)',
  )
}

/** The first and the last of days (`#day`) as they are told, whether there are too many between them, and whether one is not plausible. */
async function extent(connection: DuckDBConnection, days: string) {
  const [row] = await query(
    connection,
    `SELECT CAST(min("#day") AS VARCHAR) AS first, CAST(max("#day") AS VARCHAR) AS last,
      max(${gatheredDay}) - min(${gatheredDay}) > ${mostDays} AS long, bool_or("#day" IS NOT NULL AND ${gatheredDay} IS NULL) AS impossible
     FROM ${days}`,
  )
  return {
    first: row?.['first'],
    last: row?.['last'],
    long: row?.['long'] === true,
    impossible: row?.['impossible'] === true,
  }
}
