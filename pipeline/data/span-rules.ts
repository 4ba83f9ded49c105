import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { daysTable, gatheredDay } from './days.ts'
import { identifier as id, literal, query } from './duckdb.ts'
import { error, type Finding, type Search } from './findings.ts'
import { seriesColumns, seriesName } from './series.ts'

/** First and last day, as ISO dates. */
export type Span = { readonly first: string; readonly last: string }

/** Fewer days than this tell nothing: of no season, and hardly of a weekday. */
const fewestDays = 60

/**
 * The span of all loaded raw tables, whose days are gathered, with the same time field as `file`: days that one file has are missing in the others.
 * Undefined when none has a plausible day.
 */
export async function spanOf(
  connection: DuckDBConnection,
  loaded: readonly { readonly table: string; readonly file: RawFile }[],
  file: RawFile,
): Promise<Span | undefined> {
  const days = loaded
    .filter((other) => other.file.time === file.time)
    .map((other) => `SELECT ${gatheredDay} AS day FROM ${id(daysTable(other.table))}`)
  if (days.length === 0) return undefined
  const [row] = await query(
    connection,
    `SELECT CAST(min(day) AS VARCHAR) AS first, CAST(max(day) AS VARCHAR) AS last FROM (${days.join(' UNION ALL ')})`,
  )
  const { first, last } = row ?? {}
  return typeof first === 'string' && typeof last === 'string' ? { first, last } : undefined
}

/** What must hold for the days of a loaded table over the span of all raw files: none missing, and not too few. */
export async function spanRules(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  span: Span | undefined,
): Promise<readonly Search[]> {
  const [counted] = await query(
    connection,
    `SELECT count(DISTINCT ${gatheredDay}) AS days FROM ${id(daysTable(table))}`,
  )
  const days = Number(counted?.['days'])
  const tooFew: Search = {
    file: file.path,
    rule: 'too few days',
    severity: 'error',
    field: file.time,
    what: `the file has rows for fewer than ${fewestDays} days`,
    cure: `deliver at least ${fewestDays} days`,
    select: `SELECT max("#line") AS row, '${days} days' AS value FROM ${id(table)}`,
  }
  return [...(days < fewestDays ? [tooFew] : []), ...(span ? await gaps(connection, table, file, span) : [])]
}

/** Series that the schema names and the file lacks throughout: no gap shows them. The values are the schema's, so they are told. */
export async function absentSeries(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  maxShown: number,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const field of file.series) {
    const wanted = ((file.schema.properties[field] as { enum?: readonly unknown[] } | undefined)?.enum ?? []).map(
      String,
    )
    if (wanted.length === 0) continue
    const rows = await query(
      connection,
      `SELECT DISTINCT ${id(field)} AS name FROM ${id(daysTable(table))} WHERE ${id(field)} IN (${wanted.map(literal).join(', ')})`,
    )
    const names = new Set(rows.map(({ name }) => name))
    const absent = wanted.filter((name) => !names.has(name))
    if (absent.length === 0) continue
    const cure = `deliver its rows, or take it out of ${field} in pipeline/task/record.ts if it is no more`
    const told = absent.map((value) => ({ row: 1, value }))
    findings.push({
      ...error(file, 'series missing', `a ${field} of the schema has no row`, cure, told, maxShown),
      field,
    })
  }
  return findings
}

/**
 * Days without a row within a series, and at its ends where other series or files go on. Found on the line after the gap, else on the series' last one.
 * A series of as many days as the span has no gap: only the others are sorted.
 */
async function gaps(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  { first, last }: Span,
): Promise<readonly Search[]> {
  const found = `${table} gaps`
  const series = seriesColumns(file.series)
  const same = file.series.map((field) => `days.${id(field)} IS NOT DISTINCT FROM lacking.${id(field)}`)
  await connection.run(`CREATE OR REPLACE TABLE ${id(found)} AS
    WITH days AS NOT MATERIALIZED (FROM ${id(daysTable(table))} WHERE ${gatheredDay} IS NOT NULL),
    lacking AS (SELECT ${series} FROM days GROUP BY ${series} HAVING count(*) <= DATE '${last}' - DATE '${first}'),
    steps AS (
      SELECT *, coalesce(lag("#day") OVER (PARTITION BY ${series} ORDER BY "#day"), DATE '${first}' - 1) AS "#before"
      FROM (FROM days SEMI JOIN lacking ON ${same.join(' AND ') || 'true'})
      UNION ALL BY NAME
      SELECT ${series}, arg_max("#line", "#day") AS "#line", DATE '${last}' + 1 AS "#day", max("#day") AS "#before" FROM days GROUP BY ${series})
    SELECT "#line" AS row, "#length" AS length, ${seriesName(file)} || ': ' || CAST("#before" + 1 AS VARCHAR) || ' to ' || CAST("#day" - 1 AS VARCHAR) || ', ' || "#length" || ' days' AS value
    FROM (SELECT *, "#day" - "#before" - 1 AS "#length" FROM steps) WHERE "#length" > 0`)
  const common = { file: file.path, rule: 'missing days', field: file.time }
  return [
    {
      ...common,
      severity: 'warning',
      what: `a series lacks days, no more than ${file.gapDays} in a row`,
      cure: 'none needed: ingest fills readings, and rows without a target are no examples',
      select: `SELECT row, value FROM ${id(found)} WHERE length <= ${file.gapDays}`,
    },
    {
      ...common,
      severity: 'error',
      what: `a series lacks more than ${file.gapDays} days in a row`,
      cure: 'deliver the rows of these days; if there are none, raise gapDays in pipeline/task/record.ts',
      select: `SELECT row, value FROM ${id(found)} WHERE length > ${file.gapDays}`,
    },
  ]
}
