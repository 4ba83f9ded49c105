import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { InputError } from '../errors.ts'
import { loadCsv, readHeader } from './csv.ts'
import { identifier as id, literal, openDatabase, query } from './duckdb.ts'
import { seriesColumns } from './series.ts'

/** What a column of the sample holds. `low` and `high` are of numbers, `words` of short lists. */
type Column = {
  readonly name: string
  readonly type: 'boolean' | 'integer' | 'number' | 'date' | 'enum' | 'string'
  readonly empty: number
  readonly distinct: number
  readonly low: number
  readonly high: number
  readonly longest: number
  readonly words: readonly string[]
}

/** A first contract: the source of a module that exports it as `contract`, and what stands in it. */
export type Suggested = {
  readonly source: string
  readonly rows: number
  readonly key: readonly string[]
  readonly series: readonly string[]
}

/** A column of so few words, each of them often, is a list of them. */
const mostWords = 30
const rowsPerWord = 5

/**
 * A first contract from a sample, a CSV or Parquet file: types, limits (the next round numbers), lists of words, shares of empty values, key, time and series.
 * `output` is where the source will lie, for its imports. Throws InputError for a file that cannot be read, or has no rows or no column of dates.
 */
export async function suggestContract(root: string, sample: string, output: string): Promise<Suggested> {
  if (!existsSync(sample)) throw new InputError(`${sample}: the file is missing; name a CSV or Parquet file`)
  using database = await openDatabase(dirname(sample))
  const { connection } = database
  const names = await read(connection, sample)
  const [counted] = await query(connection, 'SELECT count(*) AS rows FROM sample')
  const rows = Number(counted?.['rows'])
  if (rows === 0) throw new InputError(`${sample}: there are no rows to learn from`)
  const columns: Column[] = []
  for (const name of names) columns.push(await columnOf(connection, name, rows))
  const time = columns.find(({ type, empty }) => type === 'date' && empty === 0)?.name
  if (time === undefined)
    throw new InputError(`${sample}: no column has a date (YYYY-MM-DD) in every row; a contract needs one as its time`)
  const series = await seriesFields(connection, columns, time)
  const key = await keyOf(connection, columns, time, series)
  const inside = relative(join(root, 'data'), sample)
  const path = inside.startsWith('..') ? `data/${basename(sample)}` : `data/${inside.split(sep).join('/')}`
  const gapDays = await longestGap(connection, time, series)
  return {
    source: sourceOf({ path, columns, rows, key, time, series, gapDays, from: dirname(output), root }),
    rows,
    key,
    series,
  }
}

async function read(connection: DuckDBConnection, sample: string): Promise<readonly string[]> {
  try {
    if (!sample.endsWith('.parquet')) {
      const header = readHeader(sample)
      await connection.run('DROP TABLE IF EXISTS sample')
      await loadCsv(connection, 'sample', sample, header, 'throw')
      return header
    }
    const from = `read_parquet(${literal(sample)}, hive_partitioning = false)`
    const columns = (await query(connection, `DESCRIBE SELECT * FROM ${from}`)).map((row) => String(row['column_name']))
    const texts = columns.map((name) => `CAST(${id(name)} AS VARCHAR) AS ${id(name)}`).join(', ')
    await connection.run(`CREATE TABLE sample AS SELECT ${texts} FROM ${from}`)
    return columns
  } catch (cause) {
    throw new InputError(
      `${sample}: cannot be read as ${sample.endsWith('.parquet') ? 'Parquet' : 'UTF-8 CSV with commas and a header'}`,
      { cause },
    )
  }
}

async function columnOf(connection: DuckDBConnection, name: string, rows: number): Promise<Column> {
  const value = id(name)
  const all = (test: string) => `coalesce(bool_and(${test}), false)`
  const [seen] = await query(
    connection,
    `SELECT count(*) - count(${value}) AS empty, count(DISTINCT ${value}) AS words, max(length(${value})) AS longest,
       min(TRY_CAST(${value} AS DOUBLE)) AS low, max(TRY_CAST(${value} AS DOUBLE)) AS high,
       ${all(`${value} IN ('true', 'false')`)} AS boolean, ${all(`regexp_full_match(${value}, '[-+]?[0-9]{1,15}')`)} AS integer,
       ${all(`regexp_full_match(${value}, '[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?') AND isfinite(TRY_CAST(${value} AS DOUBLE))`)} AS number,
       ${all(`regexp_full_match(${value}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(${value} AS DATE) IS NOT NULL`)} AS date
     FROM sample`,
  )
  const distinct = Number(seen?.['words'])
  const plain = (['boolean', 'integer', 'number', 'date'] as const).find((type) => seen?.[type] === true)
  const few = distinct > 0 && distinct <= mostWords && distinct * rowsPerWord <= rows
  const type = plain ?? (few ? 'enum' : 'string')
  const words =
    type === 'enum'
      ? await query(connection, `SELECT DISTINCT ${value} AS word FROM sample WHERE ${value} IS NOT NULL ORDER BY word`)
      : []
  return {
    name,
    type,
    empty: Number(seen?.['empty']),
    distinct,
    low: Number(seen?.['low'] ?? 0),
    high: Number(seen?.['high'] ?? 0),
    longest: Number(seen?.['longest'] ?? 0),
    words: words.map(({ word }) => String(word)),
  }
}

/** What tells rows of one day apart: nothing, where each day has one row; else a column of words (or numbers, where there are none) of which each day has each value once; else the one with fewest values. */
async function seriesFields(
  connection: DuckDBConnection,
  columns: readonly Column[],
  time: string,
): Promise<readonly string[]> {
  if (await isKey(connection, [time])) return []
  const whole = columns.filter(({ name, type, empty }) => name !== time && empty === 0 && type !== 'date')
  const liking = ['enum', 'string', 'integer', 'boolean', 'number']
  const candidates = whole.toSorted((a, b) => liking.indexOf(a.type) - liking.indexOf(b.type))
  for (const { name } of candidates) if (await isKey(connection, [time, name])) return [name]
  const [fewest] = candidates.filter(({ type }) => type === 'enum').toSorted((a, b) => a.distinct - b.distinct)
  const found = fewest ?? candidates[0]
  if (!found)
    throw new InputError(
      'the sample has days with several rows, and no column beside its dates that is filled in every row; a contract needs one as its series',
    )
  return [found.name]
}

async function keyOf(
  connection: DuckDBConnection,
  columns: readonly Column[],
  time: string,
  series: readonly string[],
): Promise<readonly string[]> {
  if (await isKey(connection, [time, ...series])) return [time, ...series]
  const whole = columns.filter(({ empty }) => empty === 0).map(({ name }) => name)
  for (const name of whole) if (await isKey(connection, [name])) return [name]
  for (const name of whole)
    if (await isKey(connection, [...new Set([time, ...series, name])])) return [...new Set([time, ...series, name])]
  return columns.map(({ name }) => name)
}

/** Whether rows that agree in these columns agree throughout: rows that were delivered twice are one. */
async function isKey(connection: DuckDBConnection, columns: readonly string[]): Promise<boolean> {
  const names = (await query(connection, 'DESCRIBE sample'))
    .map((row) => String(row['column_name']))
    .filter((name) => name !== '#')
  const distinct = (of: readonly string[]) =>
    `(SELECT count(*) FROM (SELECT DISTINCT ${of.map(id).join(', ')} FROM sample))`
  const [row] = await query(connection, `SELECT ${distinct(columns)} = ${distinct(names)} AS found`)
  return row?.['found'] === true
}

async function longestGap(connection: DuckDBConnection, time: string, series: readonly string[]): Promise<number> {
  const day = `CAST(${id(time)} AS DATE)`
  const [row] = await query(
    connection,
    `WITH ends AS (SELECT min(${day}) AS first, max(${day}) AS last FROM sample),
     days AS (SELECT DISTINCT ${seriesColumns(series)}, ${day} AS day FROM sample),
     steps AS (SELECT day - coalesce(lag(day) OVER (PARTITION BY ${seriesColumns(series)} ORDER BY day), (SELECT first - 1 FROM ends)) - 1 AS gap FROM days
       UNION ALL SELECT (SELECT last FROM ends) - max(day) FROM days GROUP BY ${seriesColumns(series)})
     SELECT max(gap) AS gap FROM steps`,
  )
  return Number(row?.['gap'] ?? 0)
}

/** The next of 1, 2, 5, 10, 20 … that is no less; below 0 mirrored. */
function roundUp(value: number): number {
  if (value <= 0) return value === 0 ? 0 : -roundDown(-value)
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10
  return Number((step * power).toPrecision(1))
}

function roundDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [5, 2, 1].find((factor) => factor * power <= value) ?? 1
  return Number((step * power).toPrecision(1))
}

function schemaOf({ type, low, high, longest, words }: Column): string {
  const limits = `{ minimum: ${low >= 0 ? 0 : -roundUp(-low)}, maximum: ${roundUp(high)} }`
  if (type === 'boolean') return 'Type.Boolean()'
  if (type === 'integer') return `Type.Integer(${limits})`
  if (type === 'number') return `Type.Number(${limits})`
  if (type === 'date') return "Type.String({ format: 'date' })"
  if (type === 'enum') return `Type.Enum(${JSON.stringify(words)}, { type: 'string' })`
  return `Type.String({ maxLength: ${roundUp(Math.max(1, longest))} })`
}

type Parts = {
  readonly path: string
  readonly columns: readonly Column[]
  readonly rows: number
  readonly key: readonly string[]
  readonly time: string
  readonly series: readonly string[]
  readonly gapDays: number
  readonly from: string
  readonly root: string
}

function sourceOf({ path, columns, rows, key, time, series, gapDays, from, root }: Parts): string {
  const text = (value: unknown) => JSON.stringify(value)
  const contract = relative(resolve(from), join(root, 'pipeline', 'data', 'contract.ts'))
    .split(sep)
    .join('/')
  const share = (empty: number) => Math.min(1, Math.ceil((1000 * empty) / rows) / 1000)
  const tolerances = columns
    .filter(({ empty }) => empty > 0)
    .map(({ name, empty }) => `    ${text(name)}: { missingShare: ${share(empty)} },`)
  return `import { Type } from 'typebox'
import type { RawFile } from ${text(contract.startsWith('.') ? contract : `./${contract}`)}

/** Suggested from ${rows} rows: read it, give limits their units and reasons, name an owner, and put it into rawFiles of pipeline/task/record.ts. */
export const contract: RawFile = {
  path: ${text(path)},
  schema: Type.Object(
    {
${columns.map((column) => `      ${text(column.name)}: ${schemaOf(column)},`).join('\n')}
    },
    { additionalProperties: false },
  ),
  key: ${text(key)},
  time: ${text(time)},
  series: ${text(series)},
  gapDays: ${gapDays},
  tolerances: {${tolerances.length > 0 ? `\n${tolerances.join('\n')}\n  ` : ''}},
  checks: [],
}
`
}
