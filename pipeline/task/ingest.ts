import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { carriedForward, imputeFromOthers, mask, past, typedDays } from '../data/clean.ts'
import { loadRawFile } from '../data/csv.ts'
import { openDatabase } from '../data/duckdb.ts'
import { type Example, historyDays, rawFiles, type TaskRecord } from './record.ts'

/**
 * Raw files → examples, sorted by time, then key. Cleans (rows delivered twice or out of order, readings of stuck and spiking sensors), imputes missing
 * readings, joins each shop to its weather station, and gives each record its history; all from the same day and the past, so nothing leaks.
 * A shop's first 14 days and days without sales are no examples, but histories pass over the latter (the last known value stands in).
 * Throws InputError when a file is missing or cannot be read by its schema; whether the data are good, `validate-data` says.
 */
export async function ingest(dataDir: string): Promise<readonly Example[]> {
  using database = await openDatabase(dataDir)
  await makeRecords(database.connection, dataDir)
  const reader = await database.connection.runAndReadAll(
    `SELECT shop, CAST(date AS VARCHAR) AS date, * EXCLUDE ("#", shop, date) FROM records ORDER BY date, shop`,
  )
  return reader.getRowObjectsJS().map((row) => {
    const { units_sold, ...record } = row
    return {
      key: `${row['shop']}|${row['date']}`,
      time: row['date'] as string,
      record: record as unknown as TaskRecord,
      target: Number(units_sold),
    }
  })
}

/** Makes the table `records` in the database: the record's fields, the target, and `#`, the row of `sales` (from 1) it stems from. */
export async function makeRecords(connection: DuckDBConnection, dataDir: string): Promise<void> {
  const { sales, weather } = rawFiles
  const root = join(dataDir, '..')
  await loadRawFile(connection, 'sales_raw', root, sales)
  await loadRawFile(connection, 'weather_raw', root, weather)
  await typedDays(connection, 'sales_raw', 'sales', sales)
  await typedDays(connection, 'weather_raw', 'weather', weather)
  await mask(connection, 'weather', weather)
  await imputeFromOthers(connection, 'weather', weather)

  // The forecast as a record has it, with the unit of each reading.
  await connection.run(`CREATE TABLE forecast AS SELECT station, date,
      temperature_c AS temperature_c, -- °C
      rain_mm AS rain_mm, -- mm
      sunshine_h AS sunshine_h -- h
    FROM weather ORDER BY station, date`)

  await connection.run(`CREATE TABLE records AS
    WITH forecasts AS (SELECT *, list(temperature_c) OVER (${past('station', 'date', historyDays)}) AS recent_temperature_c FROM forecast),
    known AS (SELECT *, ${carriedForward(sales, 'units_sold')} AS known_units FROM sales),
    shops AS (SELECT *, list(known_units) OVER (${past('shop', 'date', historyDays)}) AS recent_units_sold FROM known)
    SELECT "#", shop, date, temperature_c, rain_mm, sunshine_h, holiday, promotion, recent_temperature_c,
      CAST(recent_units_sold AS DOUBLE[]) AS recent_units_sold, units_sold
    FROM shops JOIN forecasts USING (station, date)
    WHERE units_sold IS NOT NULL AND list_count(recent_units_sold) = ${historyDays} AND list_count(recent_temperature_c) = ${historyDays}
    ORDER BY date, shop`)
}
