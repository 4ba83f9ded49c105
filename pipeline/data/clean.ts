import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject, TSchema } from 'typebox'
import { InputError } from '../errors.ts'
import type { RawFile } from './contract.ts'
import { requirePlausibleDays } from './days.ts'
import { identifier as id } from './duckdb.ts'
import { seriesColumns, seriesOf } from './series.ts'

/** How many days back a station's usual distance from the others is learnt. */
const offsetDays = 28

/** What a reading without other series is compared with: the days before it, where as many of them have a reading that one wrong one does not move their median. */
export const spikeDays = { before: 7, fewest: 3 }

/** SQL type of a field's schema. */
const sqlType = (schema: TSchema & { type?: string; format?: string }): string =>
  ({ number: 'DOUBLE', integer: 'BIGINT', boolean: 'BOOLEAN' })[schema.type ?? ''] ??
  (schema.format === 'date' ? 'DATE' : 'VARCHAR')

const fieldsOf = (schema: TObject) =>
  Object.entries(schema.properties) as [string, TSchema & { type?: string; minimum?: number; maximum?: number }][]

/**
 * Makes the table `to` of the loaded raw table `from`: typed, rows delivered twice kept once, in the order of series and time, and with a row for
 * each day of each series from the table's first to its last (without a row in the file, its values and `#` are NULL).
 * Throws InputError when a value cannot be read as its type, or a day is not plausible: the days between are made.
 */
export async function typedDays(connection: DuckDBConnection, from: string, to: string, file: RawFile): Promise<void> {
  const fields = fieldsOf(file.schema)
  const keys = [...file.series, file.time]
  const typed = fields.map(([name, schema]) => `CAST(${id(name)} AS ${sqlType(schema)}) AS ${id(name)}`)
  const series = seriesColumns(file.series)
  const time = id(file.time)
  const values = fields.map(([name]) => name).filter((name) => !keys.includes(name))
  const sql = `CREATE OR REPLACE TABLE ${id(to)} AS
    WITH rows AS (SELECT min("#") AS "#", ${typed.join(', ')} FROM ${id(from)} GROUP BY ALL),
    days AS (SELECT CAST(unnest(generate_series(min(${time}), max(${time}), INTERVAL 1 DAY)) AS DATE) AS ${time} FROM rows),
    calendar AS (SELECT * FROM (SELECT DISTINCT ${series} FROM rows), days)
    SELECT ${[...keys, '#', ...values].map(id).join(', ')} FROM calendar LEFT JOIN rows USING (${keys.map(id).join(', ')})
    ORDER BY ${keys.map(id).join(', ')}`
  await requirePlausibleDays(connection, from, file)
  try {
    await connection.run(sql)
  } catch (cause) {
    throw new InputError(
      `${file.path}: a value cannot be read as its type; run \`npm run validate-data\`, which says where and what to do`,
      { cause },
    )
  }
}

/**
 * SQL that is true where a reading must not be believed: its sensor is stuck (from the `stuckAfter`th equal reading on: before, nobody can know) or
 * it is a spike (`spikeAbove` from the median of the other series that day; of one series alone, of its days before). Looks at the past and the same day only.
 * NULL or false elsewhere.
 */
export function unbelievable(
  file: RawFile,
  field: string,
): { readonly stuck: string | null; readonly spike: string | null } {
  const { stuckAfter, spikeAbove } = file.tolerances[field] ?? {}
  const value = id(field)
  const order = `OVER (PARTITION BY ${seriesColumns(file.series)} ORDER BY ${id(file.time)})`
  const before = Array.from(
    { length: (stuckAfter ?? 1) - 1 },
    (_, index) => `${value} = lag(${value}, ${index + 1}) ${order}`,
  )
  const usual = file.series.length > 0 ? medianOfOthers(file, value) : medianOfBefore(file, value)
  return {
    stuck: before.length > 0 ? before.join(' AND ') : null,
    spike: spikeAbove === undefined ? null : `abs(${value} - ${usual}) > ${spikeAbove}`,
  }
}

/** SQL: the median of all values that day but those of one's own series. Another series may well have the same value. */
function medianOfOthers(file: RawFile, value: string): string {
  const own = seriesOf(file)
  const day = `list({'series': ${own}, 'value': ${value}}) FILTER (${value} IS NOT NULL) OVER (PARTITION BY ${id(file.time)})`
  return `list_median([other.value FOR other IN ${day} IF other.series IS DISTINCT FROM ${own}])`
}

function medianOfBefore(file: RawFile, value: string): string {
  const days = `OVER (${past(seriesColumns(file.series), file.time, spikeDays.before)})`
  return `CASE WHEN count(${value}) ${days} >= ${spikeDays.fewest} THEN median(${value}) ${days} END`
}

/** Sets the readings of stuck and spiking sensors to NULL in `table`, a table of `typedDays`. */
export async function mask(connection: DuckDBConnection, table: string, file: RawFile): Promise<void> {
  const masks = Object.keys(file.tolerances).flatMap((field) => {
    const tests = Object.values(unbelievable(file, field)).filter((test) => test !== null)
    return tests.length === 0
      ? []
      : [
          `CASE WHEN ${tests.map((test) => `coalesce(${test}, false)`).join(' OR ')} THEN NULL ELSE ${id(field)} END AS ${id(field)}`,
        ]
  })
  if (masks.length === 0) return
  const keys = [...file.series, file.time].map(id).join(', ')
  await connection.run(
    `CREATE OR REPLACE TABLE ${id(table)} AS SELECT * REPLACE (${masks.join(', ')}) FROM ${id(table)} ORDER BY ${keys}`,
  )
}

/**
 * Fills NULLs of the tolerated number fields of `table`, a table of `typedDays`, from the same day and the past only, so that no training record knows
 * its future: the mean of the other series that day plus the usual distance from them (mean of the last 28 days), within the field's bounds;
 * where no other series has a value, the series' own last one.
 */
export async function imputeFromOthers(connection: DuckDBConnection, table: string, file: RawFile): Promise<void> {
  const series = seriesColumns(file.series)
  const keys = [...file.series, file.time].map(id).join(', ')
  for (const [field, schema] of fieldsOf(file.schema)) {
    if (!(field in file.tolerances)) continue
    const value = id(field)
    // Within bounds only where there is a number: of NULL and a bound, DuckDB's greatest and least are the bound.
    await connection.run(`CREATE OR REPLACE TABLE ${id(table)} AS
      WITH others AS (
        SELECT *, (sum(${value}) OVER day - coalesce(${value}, 0)) / nullif(count(${value}) OVER day - CAST(${value} IS NOT NULL AS INTEGER), 0) AS "#others"
        FROM ${id(table)} WINDOW day AS (PARTITION BY ${id(file.time)} ORDER BY ${series} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
      offsets AS (SELECT *, avg(${value} - "#others") OVER (${past(series, file.time, offsetDays)}) AS "#offset" FROM others)
      SELECT * EXCLUDE ("#others", "#offset") REPLACE (coalesce(${value},
        CASE WHEN "#others" IS NOT NULL THEN ${bounded(`round("#others" + coalesce("#offset", 0), 3)`, schema)} END,
        last_value(${value} IGNORE NULLS) OVER (${past(series, file.time, 'UNBOUNDED')})) AS ${value})
      FROM offsets ORDER BY ${keys}`)
  }
}

/** SQL: the last known value of `field` up to the row's own day. */
export function carriedForward(file: RawFile, field: string): string {
  return `last_value(${id(field)} IGNORE NULLS) OVER (PARTITION BY ${seriesColumns(file.series)} ORDER BY ${id(file.time)} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}

/** SQL window: the `days` rows before this one of the same series, which the columns `series` tell apart (`seriesColumns`). */
export const past = (series: string, time: string, days: number | 'UNBOUNDED'): string =>
  `PARTITION BY ${series} ORDER BY ${id(time)} ROWS BETWEEN ${days} PRECEDING AND 1 PRECEDING`

const bounded = (sql: string, { minimum, maximum }: { minimum?: number; maximum?: number }) => {
  const low = minimum === undefined ? sql : `greatest(${sql}, ${minimum})`
  return maximum === undefined ? low : `least(${low}, ${maximum})`
}
