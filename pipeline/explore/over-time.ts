import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier as id, query } from '../data/duckdb.ts'
import { explainedBy } from './distributions.ts'
import type { Bucket, Cycle, Moment } from './exploration.ts'
import { type Field, numeric } from './fields.ts'

const day = 86_400_000
/** Days for which lags are looked at, and the longest lag. */
const mostDays = 40_000
const mostLag = 60

/** What time tells of one field. */
export type OverTime = {
  readonly moments: readonly Moment[]
  readonly cycles: readonly Cycle[]
  readonly byPeriod: readonly { readonly period: string; readonly pearson: number }[]
  readonly autocorrelation?: readonly number[]
}

/** The bucket that draws a span in some hundred points at most, and the period in which a correlation is looked at. */
export function bucketsOf(
  from: string,
  to: string,
): { readonly bucket: Bucket; readonly period: 'year' | 'quarter' | 'month' | 'week' } {
  const days = (Date.parse(to) - Date.parse(from)) / day
  const bucket = days <= 10 ? 'hour' : days <= 400 ? 'day' : days <= 3000 ? 'week' : days <= 12_000 ? 'month' : 'year'
  return { bucket, period: days > 1000 ? 'year' : days > 270 ? 'quarter' : days > 60 ? 'month' : 'week' }
}

/** Means, spread and missing values by bucket of time, by phase of day, week and year, and the correlation with the target by period: one pass; then means by day for lags. */
export async function overTime(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  time: { readonly field: string; readonly from: string; readonly to: string },
  target: string | undefined,
): Promise<ReadonlyMap<string, OverTime>> {
  const { bucket, period } = bucketsOf(time.from, time.to)
  const days = (Date.parse(time.to) - Date.parse(time.from)) / day
  const numbers = new Map(numeric(fields).map(({ name, sql }) => [name, sql]))
  const others = fields.filter(({ name }) => name !== time.field)
  const at = id(time.field)
  const targetSql = target === undefined ? undefined : numbers.get(target)
  const columns = others.flatMap(({ name }, index) => {
    const sql = numbers.get(name)
    const count = `count(${sql ?? id(name)}) AS "known${index}"`
    if (!sql) return [count]
    return [
      count,
      `avg(${sql}) AS "mean${index}"`,
      `var_pop(${sql}) AS "variance${index}"`,
      `approx_quantile(${sql}, [0.1, 0.9]) AS "spread${index}"`,
      ...(targetSql && name !== target ? [`corr(${sql}, ${targetSql}) AS "corr${index}"`] : []),
    ]
  })
  const rows = await query(
    connection,
    `SELECT strftime("#bucket", '%Y-%m-%dT%H:%M:%SZ') AS bucket, "#period" AS period, "#hour" AS hour, "#weekday" AS weekday, "#month" AS month, count(*) AS rows${columns.map((sql) => `, ${sql}`).join('')}
     FROM (SELECT *, date_trunc('${bucket}', ${at}) AS "#bucket", ${periodSql(period, at)} AS "#period",
       hour(${at}) AS "#hour", isodow(${at}) AS "#weekday", month(${at}) AS "#month" FROM ${table} WHERE ${at} IS NOT NULL)
     GROUP BY GROUPING SETS (("#bucket"), ("#period"), ("#hour"), ("#weekday"), ("#month"))`,
  )
  const by = (column: string) =>
    rows.filter((row) => row[column] != null).toSorted((a, b) => compare(a[column], b[column]))
  const phases = [
    // Days have one hour; a week, a year must have come round.
    ...(by('hour').length > 1 ? [{ name: 'hour', rows: by('hour') } as const] : []),
    ...(days >= 20 ? [{ name: 'weekday', rows: by('weekday') } as const] : []),
    ...(days >= 700 ? [{ name: 'month', rows: by('month') } as const] : []),
  ]
  const lags = await autocorrelations(connection, table, fields, time.field, days)
  return new Map(
    others.map(({ name }, index) => {
      const isNumber = numbers.has(name)
      const number = (row: Row, column: string) =>
        row[`${column}${index}`] == null ? undefined : Number(row[`${column}${index}`])
      const moments = by('bucket').map((row): Moment => {
        const known = Number(row[`known${index}`])
        const [low, high] = (row[`spread${index}`] as readonly number[] | undefined | null) ?? []
        const mean = number(row, 'mean')
        const missing = 1 - known / Number(row['rows'])
        const shown = mean === undefined || low === undefined || high === undefined ? {} : { mean, low, high }
        return { at: String(row['bucket']), rows: Number(row['rows']), missing, ...shown }
      })
      const cycles = !isNumber
        ? []
        : phases.flatMap(({ name: cycle, rows: groups }): Cycle[] => {
            const known = groups.filter((row) => number(row, 'mean') !== undefined)
            const explained = explainedBy(
              known.map((row) => ({
                known: row[`known${index}`],
                mean: row[`mean${index}`],
                variance: row[`variance${index}`],
              })),
            )
            if (explained === undefined) return []
            const means = known.map((row) => ({
              phase: Number(row[cycle]),
              mean: number(row, 'mean') ?? 0,
              count: Number(row[`known${index}`]),
            }))
            return [{ name: cycle, explained, means }]
          })
      const byPeriod = by('period').flatMap((row) => {
        const pearson = number(row, 'corr')
        return pearson === undefined || !Number.isFinite(pearson) ? [] : [{ period: String(row['period']), pearson }]
      })
      const autocorrelation = lags.get(name)
      return [name, { moments, cycles, byPeriod, ...(autocorrelation ? { autocorrelation } : {}) }]
    }),
  )
}

type Row = { readonly [column: string]: unknown }

const compare = (a: unknown, b: unknown) =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1

const periodSql = (period: string, at: string): string => {
  if (period === 'quarter') return `year(${at}) || ' Q' || quarter(${at})`
  return `strftime(${at}, '${{ year: '%Y', month: '%Y-%m', week: '%G-W%V' }[period] ?? '%Y'}')`
}

/** Autocorrelation of each field's means by day, at lags of 1 to 60 days; pairs of days of which one has no value are left out. */
async function autocorrelations(
  connection: DuckDBConnection,
  table: string,
  fields: readonly Field[],
  time: string,
  days: number,
) {
  const numbers = numeric(fields).filter(({ kind }) => kind !== 'boolean')
  const found = new Map<string, readonly number[]>()
  if (numbers.length === 0 || days < 4 * mostLag || days > mostDays) return found
  const means = numbers.map(({ sql }, index) => `avg(${sql}) AS "mean${index}"`)
  const rows = await query(
    connection,
    `SELECT CAST(epoch(date_trunc('day', ${id(time)})) / 86400 AS BIGINT) AS day, ${means.join(', ')} FROM ${table} WHERE ${id(time)} IS NOT NULL GROUP BY 1 ORDER BY 1`,
  )
  const first = Number(rows[0]?.['day'])
  for (const [index, { name }] of numbers.entries()) {
    const series = new Array<number>(Math.floor(days) + 1).fill(Number.NaN)
    for (const row of rows)
      if (row[`mean${index}`] != null) series[Number(row['day']) - first] = Number(row[`mean${index}`])
    const lags = Array.from({ length: mostLag }, (_, lag) => lagged(series, lag + 1))
    if (lags.every(Number.isFinite)) found.set(name, lags)
  }
  return found
}

/** Pearson's r of a series with itself `lag` steps before. */
function lagged(series: readonly number[], lag: number): number {
  const pairs = series
    .slice(lag)
    .map((now, at) => [now, series[at] ?? Number.NaN] as const)
    .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b))
  const mean = (side: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length
  const [ma, mb] = [mean(0), mean(1)]
  let [both, a2, b2] = [0, 0, 0]
  for (const [a, b] of pairs) {
    both += (a - ma) * (b - mb)
    a2 += (a - ma) ** 2
    b2 += (b - mb) ** 2
  }
  return both / Math.sqrt(a2 * b2)
}
