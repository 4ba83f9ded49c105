import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { mask, typedDays } from '../../pipeline/data/clean.ts'
import type { RawFile } from '../../pipeline/data/contract.ts'
import { openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { find } from '../../pipeline/data/findings.ts'
import { sensorRules } from '../../pipeline/data/sensor-rules.ts'

const file: RawFile = {
  path: 'data/t.csv',
  schema: Type.Object({
    date: Type.String({ format: 'date' }),
    station: Type.String(),
    height: Type.Integer(),
    celsius: Type.Number(),
  }),
  key: ['date', 'station', 'height'],
  time: 'date',
  series: ['station', 'height'],
  gapDays: 0,
  tolerances: { celsius: { spikeAbove: 10 } },
}

/** One day's readings, one a station: what stays of them after masking, and what is found. */
async function day(readings: readonly (number | null)[]) {
  using database = await openDatabase('.')
  const { connection } = database
  const rows = readings.map((value, n) => `(${n + 1}, ${n + 2}, '2024-01-01', 's${n}', '2', '${value ?? ''}')`)
  await connection.run(`CREATE TABLE raw AS SELECT "#", "#line", date, station, height, nullif(celsius, '') AS celsius
    FROM (VALUES ${rows.join(', ')}) AS t("#", "#line", date, station, height, celsius)`)
  await typedDays(connection, 'raw', 'days', file)
  const [spikes] = await find(connection, sensorRules('days', 'raw', file), 9)
  await mask(connection, 'days', file)
  const left = await query(connection, 'SELECT celsius FROM days ORDER BY station')
  return { left: left.map(({ celsius }) => celsius), found: spikes?.shown ?? [] }
}

test('a reading is a spike against the other stations, also when these read the same as it or as each other', async () => {
  assert.deepEqual(await day([20, 20, 20.5, 45]), {
    left: [20, 20, 20.5, null],
    found: [{ row: 5, value: 's3|2: 45.0' }],
  })
  assert.deepEqual((await day([20, 20, 20, 20])).left, [20, 20, 20, 20])
  assert.deepEqual((await day([45, 45, 20, 20, 20, 20])).left, [null, null, 20, 20, 20, 20])
})

test('a reading without others, or that is missing, is no spike', async () => {
  assert.deepEqual((await day([45])).left, [45])
  assert.deepEqual(await day([20, null, 20, 21, 45]), {
    left: [20, null, 20, 21, null],
    found: [{ row: 6, value: 's4|2: 45.0' }],
  })
})
