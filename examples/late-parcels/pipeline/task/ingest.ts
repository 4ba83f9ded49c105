import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { carriedForward, past, typedDays } from '../data/clean.ts'
import { loadRawFile } from '../data/csv.ts'
import { openDatabase } from '../data/duckdb.ts'
import { type Example, historyDays, rawFiles, type TaskRecord } from './record.ts'

/** Raw files → examples, sorted by time, then key. Throws InputError when a file is missing or cannot be read by its schema. */
export async function ingest(dataDir: string): Promise<readonly Example[]> {
  using database = await openDatabase(dataDir)
  await makeRecords(database.connection, dataDir)
  const reader = await database.connection.runAndReadAll(
    `SELECT depot, CAST(date AS VARCHAR) AS date, * EXCLUDE ("#", depot, date) FROM records ORDER BY date, depot`,
  )
  return reader.getRowObjectsJS().map((row) => {
    const { late, parcels, recent_late, ...record } = row
    return {
      key: `${row['depot']}|${row['date']}`,
      time: row['date'] as string,
      // DuckDB's whole numbers are BigInts here.
      record: {
        ...record,
        parcels: Number(parcels),
        recent_late: (recent_late as bigint[]).map(Number),
      } as unknown as TaskRecord,
      target: Number(late),
    }
  })
}

/** Makes the table `records` in the database: the record's fields, the target, and `#`, the row of `tours` (from 1) it stems from. */
export async function makeRecords(connection: DuckDBConnection, dataDir: string): Promise<void> {
  const { tours } = rawFiles
  await loadRawFile(connection, 'tours_raw', join(dataDir, '..'), tours)
  await typedDays(connection, 'tours_raw', 'tours', tours)
  await connection.run(`CREATE TABLE records AS
    WITH known AS (SELECT *, ${carriedForward(tours, 'late')} AS known_late FROM tours),
    all_tours AS (SELECT *, list(known_late) OVER (${past('depot', 'date', historyDays)}) AS recent_late FROM known)
    SELECT "#", depot, date, parcels, distance_km, rain_mm, temperature_c, recent_late, late
    FROM all_tours WHERE late IS NOT NULL AND list_count(recent_late) = ${historyDays} ORDER BY date, depot`)
}
