import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { dayOf } from './days.ts'
import { identifier as id, literal, query } from './duckdb.ts'
import { error, type Finding, type Search } from './findings.ts'
import { seriesColumns, seriesName, seriesOf } from './series.ts'

/** First and last day, as ISO dates. */
export type Span = { readonly first: string; readonly last: string }

/** Fewer days than this tell nothing: of no season, and hardly of a weekday. */
const fewestDays = 60

/**
 * The span of all loaded raw tables with the same time field as `file`: days that one file has are missing in the others.
 * Undefined when none has a plausible day.
 */
export async function spanOf(
  connection: DuckDBConnection,
  loaded: readonly { readonly table: string; readonly file: RawFile }[],
  file: RawFile,
): Promise<Span | undefined> {
  const days = loaded
    .filter((other) => other.file.time === file.time)
    .map((other) => `SELECT ${dayOf(other.file)} AS day FROM ${id(other.table)}`)
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
  const tooFew: Search = {
    file: file.path,
    rule: 'too few days',
    severity: 'error',
    field: file.time,
    what: `the file has rows for fewer than ${fewestDays} days`,
    cure: `deliver at least ${fewestDays} days`,
    select: `SELECT max("#line") AS row, count(DISTINCT ${dayOf(file)}) || ' days' AS value FROM ${id(table)} HAVING count(DISTINCT ${dayOf(file)}) < ${fewestDays}`,
  }
  return span ? [tooFew, ...(await gaps(connection, table, file, span))] : [tooFew]
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
      `SELECT DISTINCT ${id(field)} AS name FROM ${id(table)} WHERE ${id(field)} IN (${wanted.map(literal).join(', ')})`,
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

/** Days without a row within a series, and at its ends where other series or files go on. Found on the line after the gap, else on the series' last one. */
async function gaps(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  { first, last }: Span,
): Promise<readonly Search[]> {
  const day = dayOf(file)
  const found = `${table} gaps`
  await connection.run(`CREATE OR REPLACE TABLE ${id(found)} AS
    WITH days AS (
      SELECT ${seriesOf(file)} AS series, ${seriesName(file)} AS name, "#day" AS day, "#line" AS line
      FROM (SELECT ${seriesColumns(file.series)}, ${day} AS "#day", min("#line") AS "#line" FROM ${id(table)} WHERE ${day} IS NOT NULL GROUP BY ALL)),
    span AS (SELECT DATE '${first}' AS first, DATE '${last}' AS last),
    steps AS (
      SELECT name, line, day, coalesce(lag(day) OVER (PARTITION BY series ORDER BY day), first - 1) AS before FROM days, span
      UNION ALL
      SELECT any_value(name), arg_max(line, day), last + 1, max(day) FROM days, span GROUP BY series, last)
    SELECT line AS row, day - before - 1 AS length,
      name || ': ' || CAST(before + 1 AS VARCHAR) || ' to ' || CAST(day - 1 AS VARCHAR) || ', ' || length || ' days' AS value
    FROM steps WHERE day - before > 1`)
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
