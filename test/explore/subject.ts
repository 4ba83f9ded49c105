// Data with everything that an exploration must bear: gaps, values of another type, NaN, outliers, hostile texts, secrets. What is true of them is known by hand.
import type { DuckDBConnection } from '@duckdb/node-api'
import { Type } from 'typebox'
import type { RawFile } from '../../pipeline/data/contract.ts'
import type { Subject } from '../../pipeline/explore/explore.ts'

/** A value that leaves a script, an attribute, a cell and a code span, where one lets it. */
export const hostile = '</script><img src=x onerror=alert(1)>"\'`|'

const field = (secret: boolean) => (secret ? { private: true } : {})

/** The subject, with what is named private. */
export function subjectWith(secrets: readonly string[] = ['patient']): Subject {
  const is = (name: string) => field(secrets.includes(name))
  const file: RawFile = {
    path: 'data/visits.csv',
    schema: Type.Object({
      date: Type.String({ format: 'date', ...is('date') }),
      ward: Type.String(is('ward')),
      patient: Type.String(is('patient')),
      heat: Type.Number({ unit: '°C', ...is('heat') }),
      visits: Type.Integer({ unit: 'visits', ...is('visits') }),
    }),
    key: ['date', 'ward'],
    time: 'date',
    series: ['ward'],
    gapDays: 3,
    tolerances: {},
  }
  return {
    rawFiles: { visits: file },
    recordSchema: Type.Object({
      date: Type.String({ format: 'date' }),
      ward: Type.String(),
      heat: Type.Number(),
      recent_visits: Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }),
    }),
    target: { name: 'visits', unit: 'visits' },
    keyFields: ['ward', 'date'],
    timeField: 'date',
    histories: { recent_visits: 'visits' },
    makeRecords: async (connection: DuckDBConnection, dataDir: string) => {
      await connection.run(`CREATE TABLE records AS SELECT CAST(date AS DATE) AS date, ward, TRY_CAST(heat AS DOUBLE) AS heat,
        [CAST(visits AS DOUBLE) - 2, CAST(visits AS DOUBLE) - 1, CAST(visits AS DOUBLE)] AS recent_visits, CAST(visits AS BIGINT) AS visits
        FROM read_csv('${dataDir.replaceAll("'", "''")}/visits.csv', all_varchar = true, nullstr = '') WHERE TRY_CAST(heat AS DOUBLE) IS NOT NULL AND isfinite(TRY_CAST(heat AS DOUBLE))`)
    },
  }
}

export const secret = 'Erika Mustermann'

/** 800 days of two wards: `visits` is twice `heat` and, on Sundays, 1,000; some rows have no `heat`, and one each a word, NaN, an infinity, and 900 °C. */
export function visitsCsv(days = 800, shift = 0): string {
  const odd = new Map([
    [3, ''],
    [5, 'warm'],
    [7, 'NaN'],
    [9, 'inf'],
    [11, '900'],
    [12, ''],
  ])
  const rows = Array.from({ length: days * 2 }, (_, index) => {
    const day = Math.floor(index / 2)
    const date = new Date(Date.UTC(2022, 0, 3 + day))
    const heat = (day % 20) + shift
    const ward = index % 2 === 0 ? 'north' : hostile.replaceAll('"', '""')
    const visits = date.getUTCDay() === 0 ? 1000 : 2 * heat
    return `${date.toISOString().slice(0, 10)},"${ward}",${secret} ${day},${odd.get(index) ?? heat},${visits}`
  })
  return `date,ward,patient,heat,visits\n${rows.join('\n')}\n`
}
