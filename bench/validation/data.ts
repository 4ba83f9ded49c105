import { rename } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { literal } from '../../pipeline/data/duckdb.ts'

const shops = ['harbour', 'hilltop', 'lakeside', 'market', 'old-town', 'promenade', 'station', 'university']
const days = 2000

/** The six checks: one key a row, a reading there, two ranges, a word of a list, a pattern. The schema says the type of each of the ten columns besides. */
export const contract: RawFile = {
  path: 'data/rows.parquet',
  schema: Type.Object({
    id: Type.Integer(),
    date: Type.String({ format: 'date' }),
    shop: Type.Enum(shops, { type: 'string' }),
    station: Type.String(),
    units_sold: Type.Integer({ minimum: 0, maximum: 5000 }),
    temperature_c: Type.Number(),
    rain_mm: Type.Number({ minimum: 0, maximum: 300 }),
    sunshine_h: Type.Number(),
    holiday: Type.Boolean(),
    code: Type.String({ pattern: '^[A-Z]{2}[0-9]{4}$' }),
  }),
  key: ['id'],
  time: 'date',
  series: ['shop'],
  gapDays: 3,
  tolerances: {},
}

/** The same six checks, as somebody writes them who knows DuckDB: a query that counts the rows that break each, and for each one that tells the first five. */
export function byHand(file: string): { readonly counts: string; readonly rows: readonly string[] } {
  const from = `FROM read_parquet(${literal(file)}, file_row_number = true)`
  const broken = [
    'temperature_c IS NULL',
    'units_sold NOT BETWEEN 0 AND 5000',
    'rain_mm NOT BETWEEN 0 AND 300',
    `shop NOT IN (${shops.map(literal).join(', ')})`,
    "NOT regexp_matches(code, '^[A-Z]{2}[0-9]{4}$')",
  ]
  const counts = broken.map((test) => `count(*) FILTER (WHERE ${test})`)
  const repeated = `SELECT file_row_number, id ${from} WHERE id IN (SELECT id ${from} GROUP BY id HAVING count(*) > 1) LIMIT 5`
  return {
    counts: `SELECT count(*) - count(DISTINCT id), ${counts.join(', ')} ${from}`,
    rows: [repeated, ...broken.map((test) => `SELECT file_row_number, * ${from} WHERE ${test} LIMIT 5`)],
  }
}

/** Writes so many rows, in the order of their days, as Parquet. One row breaks each of the six checks, so that all who check must find all six. */
export async function generate(file: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GiB' })
  const connection = await instance.connect()
  const bad = (row: number, value: string, else_: string) =>
    `CASE WHEN i = ${Math.floor(rows / 2) + row} THEN ${value} ELSE ${else_} END`
  await connection.run('SET preserve_insertion_order = true')
  await connection.run(`COPY (
    SELECT ${bad(0, 'i - 1', 'i')} AS id, DATE '2018-01-01' + CAST(i * ${days} // ${rows} AS INTEGER) AS date,
      ${bad(1, "'pier'", `[${shops.map(literal).join(', ')}][1 + i % 8]`)} AS shop, ['city', 'coast', 'hills', 'lake'][1 + i % 4] AS station,
      CAST(${bad(2, '-1', 'h % 700')} AS INTEGER) AS units_sold, ${bad(3, 'NULL', 'CAST(h % 400 AS DOUBLE) / 10')} AS temperature_c,
      ${bad(4, '301.0', 'CAST(h % 90 AS DOUBLE) / 10')} AS rain_mm, CAST(h % 150 AS DOUBLE) / 10 AS sunshine_h, h % 30 = 0 AS holiday,
      ${bad(5, "'x'", "chr(CAST(65 + h % 26 AS INTEGER)) || chr(CAST(65 + h % 23 AS INTEGER)) || lpad(CAST(h % 9973 AS VARCHAR), 4, '0')")} AS code
    FROM (SELECT range AS i, hash(range) AS h FROM range(${rows}))) TO ${literal(`${file}.part`)} (FORMAT parquet, COMPRESSION zstd)`)
  connection.closeSync()
  instance.closeSync()
  await rename(`${file}.part`, file)
}
