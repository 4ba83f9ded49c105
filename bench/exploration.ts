import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { openDatabase } from '../pipeline/data/duckdb.ts'
import { explore, type Subject } from '../pipeline/explore/explore.ts'
import type { Bench } from './benches.ts'
import { rounded } from './measure.ts'

const rowsOfAll = 10_000_000
const most = 1.6

const subject: Subject = {
  rawFiles: {
    readings: {
      path: 'data/readings.csv',
      schema: Type.Object({
        time: Type.String({ format: 'date-time' }),
        place: Type.String(),
        heat: Type.Number(),
        wind: Type.Number(),
        open: Type.Boolean(),
        visits: Type.Integer(),
      }),
      key: ['time', 'place'],
      time: 'time',
      series: ['place'],
      gapDays: 3,
      tolerances: {},
    },
  },
  recordSchema: Type.Object({ time: Type.String({ format: 'date-time' }), heat: Type.Number() }),
  target: { name: 'visits', unit: 'visits' },
  keyFields: ['time'],
  timeField: 'time',
  histories: {},
  makeRecords: async (connection) => {
    await connection.run('CREATE TABLE records AS SELECT time, heat, CAST(visits AS BIGINT) AS visits FROM explored.t')
  },
}

/** What it takes to look at a large file: `--size` rows of six fields, and the records made of them. */
export const exploration: Bench = {
  describe: 'explore on 10M generated rows: rows per CPU second, and the most memory',
  async run({ quick, size = quick ? 20_000 : rowsOfAll, say }) {
    const root = mkdtempSync(join(tmpdir(), 'mergeline-bench-'))
    try {
      const file = join(root, 'data', 'readings.csv')
      mkdirSync(join(root, 'data'))
      say(`writing ${size.toLocaleString('en-US')} rows …`)
      {
        using database = await openDatabase(join(root, 'data'))
        await database.connection.run('SELECT setseed(0.5)')
        await database.connection.run(`COPY (SELECT strftime(TIMESTAMP '2020-01-01' + to_seconds(CAST(i * 100000000 / ${size} AS BIGINT)), '%Y-%m-%d %H:%M:%S') AS time,
          'place ' || CAST(floor(random() * 1e6) AS INTEGER) AS place, CASE WHEN random() < 0.01 THEN NULL ELSE round(random() * 40 - 5, 1) END AS heat,
          round(-10 * ln(random() + 1e-9), 2) AS wind, random() < 0.3 AS open, CAST(random() * 500 AS INTEGER) AS visits FROM range(${size}) AS rows(i)) TO '${file}' (HEADER)`)
      }
      const began = process.cpuUsage()
      const { tables } = await explore(root, subject, say)
      const used = process.cpuUsage(began)
      const seconds = (used.user + used.system) / 1e6
      const memory = process.resourceUsage().maxRSS / 1024 / 1024
      return {
        title: `Exploration of ${size.toLocaleString('en-US')} rows of six fields, a million different values in one of them, and of as many records`,
        rows: [
          {
            file: `${rounded(statSync(file).size / 2 ** 20, 0)} MiB`,
            rows: tables.reduce((sum, { rows }) => sum + rows, 0),
            'CPU s': rounded(seconds, 1),
            'rows per CPU s': Math.round(size / seconds),
            'most memory, GiB': rounded(memory, 2),
          },
        ],
        missed: memory > most ? [`at most ${most} GiB of memory, whatever the size: ${rounded(memory, 2)}`] : [],
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
}
