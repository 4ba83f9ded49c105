import { join } from 'node:path'
import { isPrivate } from '../private.ts'
import type { RawFile } from './contract.ts'
import { loadRawFile } from './csv.ts'
import { identifier, openDatabase, query } from './duckdb.ts'
import { seriesOf } from './series.ts'

/** What is counted in a raw file: no value of it is told but the first and the last day. */
export type FileCounts = {
  readonly rows: number
  /** How many series of days it holds. */
  readonly series: number
  /** ISO dates; absent where the field of the time is private, or the file empty. */
  readonly from?: string
  readonly to?: string
  /** Empty values, by field. */
  readonly missing: { readonly [field: string]: number }
}

/** Counts each raw file's rows, series and missing values. Throws InputError for a file that cannot be read by its contract. */
export async function countsOf<Name extends string>(
  root: string,
  files: { readonly [name in Name]: RawFile },
): Promise<{ readonly [name in Name]: FileCounts }> {
  using database = await openDatabase(join(root, 'data'))
  const counted: [string, FileCounts][] = []
  for (const [table, file] of Object.entries<RawFile>(files)) {
    await loadRawFile(database.connection, table, root, file)
    const fields = Object.keys(file.schema.properties)
    const time = identifier(file.time)
    const [row = {}] = await query(
      database.connection,
      `SELECT count(*) AS rows, count(DISTINCT ${seriesOf(file)}) AS series, min(${time}) AS first, max(${time}) AS last,
         ${fields.map((field, at) => `count(*) - count(${identifier(field)}) AS "missing ${at}"`).join(', ')} FROM ${identifier(table)}`,
    )
    const told = !isPrivate(file.schema, file.time) && Number(row['rows']) > 0
    counted.push([
      table,
      {
        ...{ rows: Number(row['rows']), series: Number(row['series']) },
        ...(told ? { from: String(row['first']), to: String(row['last']) } : {}),
        missing: Object.fromEntries(fields.map((field, at) => [field, Number(row[`missing ${at}`])])),
      },
    ])
  }
  return Object.fromEntries(counted) as { readonly [name in Name]: FileCounts }
}
