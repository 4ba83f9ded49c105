// A raw file that is one time series: nothing tells its rows apart but the day.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { carriedForward, imputeFromOthers, mask, typedDays } from '../../pipeline/data/clean.ts'
import type { Check, RawFile } from '../../pipeline/data/contract.ts'
import { countsOf } from '../../pipeline/data/counts.ts'
import { loadRawFile } from '../../pipeline/data/csv.ts'
import { openDatabase, query } from '../../pipeline/data/duckdb.ts'
import { normal } from '../../pipeline/data/sample/normal.ts'
import { checkRawFiles } from '../../pipeline/data/validate.ts'
import { explore } from '../../pipeline/explore/explore.ts'
import { random } from '../../pipeline/random.ts'
import { folderWith } from './folder.ts'

const whom = { severity: 'error', owner: 'the meter' } as const
const checks: readonly Check[] = [
  { kind: 'unique', fields: ['count'], ...whom },
  { kind: 'monotone', field: 'count', direction: 'rising', ...whom },
  { kind: 'gaps', field: 'count', most: 100, ...whom },
  { kind: 'fresh', days: 30, against: 'today', ...whom },
  { kind: 'reference', fields: ['date'], table: 'other', to: ['date'], ...whom },
  { kind: 'disjoint', fields: ['count'], table: 'other', from: ['count'], ...whom },
  { kind: 'determined', field: 'weekend', by: ['weekday'], ...whom },
  { kind: 'copied', fields: ['heat'], days: 14, ...whom },
  { kind: 'distribution', fields: ['heat'], days: 365, ...whom },
]
const file: RawFile = {
  path: 'data/meter.csv',
  schema: Type.Object(
    {
      date: Type.String({ format: 'date' }),
      weekday: Type.Integer({ minimum: 0, maximum: 6 }),
      weekend: Type.Boolean(),
      count: Type.Integer({ minimum: 0 }),
      heat: Type.Number({ minimum: -50, maximum: 150, unit: '°C' }),
    },
    { additionalProperties: false },
  ),
  key: ['date'],
  time: 'date',
  series: [],
  gapDays: 3,
  tolerances: {
    heat: { missingShare: 0.02, stuckAfter: 4, spikeAbove: 25, level: { by: 'difference', limit: 15, over: 'month' } },
  },
  checks,
}
const other: RawFile = {
  ...file,
  path: 'data/other.csv',
  schema: Type.Object({ date: Type.String({ format: 'date' }), count: Type.Integer({ minimum: 0 }) }),
  tolerances: {},
  checks: [],
}

type Row = { date: string; weekday: number; weekend: boolean; count: number; heat: number | '' }
const dayAfter = (n: number) => new Date(Date.UTC(2019, 0, 1 + n))
const days = 5 * 365
/** Five years of a meter and a thermometer: a season, and weather that fades day by day. */
function good(): Row[] {
  const next = random(3)
  let weather = 0
  return Array.from({ length: days }, (_, n) => {
    const day = dayAfter(n)
    const weekday = day.getUTCDay()
    weather = 0.6 * weather + 2.5 * normal(next)
    return {
      date: day.toISOString().slice(0, 10),
      weekday,
      weekend: weekday % 6 === 0,
      count: 1000 + 10 * n,
      heat: Math.round(10 * (12 + weather - 9 * Math.cos((2 * Math.PI * (n - 20)) / 365.25))) / 10,
    }
  })
}
const csv = (rows: readonly object[]) =>
  `${[Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))].map((cells) => cells.join(',')).join('\n')}\n`
const others = csv(good().map(({ date }, n) => ({ date, count: 500_000 + n })))

/** What is found in the file with `change` made to it: rule, severity, and the first that is shown. */
async function found(change: (rows: Row[]) => Row[], checked: RawFile = file): Promise<readonly string[]> {
  using folder = folderWith({ 'data/meter.csv': csv(change(good())), 'data/other.csv': others })
  const params = { max_shown: 5, family_wise_error: 0.01 }
  const contracts = { meter: checked, other }
  const { findings } = await checkRawFiles(folder.root, params, dayAfter(days + 7), contracts)
  return findings
    .filter(({ file: of }) => of === file.path)
    .map(({ rule, severity, shown: [first] }) => `${rule}, ${severity}: ${first?.row} ${first?.value}`)
}

/** The rows with those from the nth on, `many` of them, as `becomes` says. */
const from = (n: number, many: number, becomes: (row: Row, at: number, rows: Row[]) => Partial<Row>) => (rows: Row[]) =>
  rows.map((row, at) => (at >= n && at < n + many ? { ...row, ...becomes(row, at, rows) } : row))
const without = (n: number, many: number) => (rows: Row[]) => rows.toSpliced(n, many)
const heatOf = (at: number) => good()[at]?.heat

test('a file that is one series, as it should be, is accepted', async () => {
  assert.deepEqual(await found((rows) => rows), [])
})

const planted: readonly [string, (rows: Row[]) => Row[], readonly (string | RegExp)[]][] = [
  ['days that lack', without(700, 2), ['missing days, warning: 702 the series: 2020-12-01 to 2020-12-02, 2 days']],
  ['many days that lack', without(700, 9), ['missing days, error: 702 the series: 2020-12-01 to 2020-12-09, 9 days']],
  [
    'a row twice',
    (rows) => rows.toSpliced(9, 0, rows[8] as Row),
    ['delivered twice, warning: 11 2019-01-09, as line 10', 'unique, error: 11 1080, as line 10'],
  ],
  [
    'a day with two values',
    (rows) => rows.toSpliced(9, 0, { ...(rows[8] as Row), heat: 5.5, count: 1085 }),
    [`one key, two values, error: 11 2019-01-09: unlike line 10: count 1085, there 1080; heat 5.5, there ${heatOf(8)}`],
  ],
  [
    'days out of order',
    (rows) => rows.toSpliced(9, 2, rows[10] as Row, rows[9] as Row),
    ['out of order, warning: 12 2019-01-10'],
  ],
  ['an empty value', from(99, 1, () => ({ heat: '' })), ['missing values, warning: 101 2019-04-10']],
  ['a stuck sensor', from(500, 6, () => ({ heat: 9.1 })), ['stuck sensor, warning: 505 the series: 9.1']],
  ['a spike', from(900, 1, () => ({ heat: 61.5 })), ['spiking sensor, warning: 902 the series: 61.5']],
  [
    'a number whose square is none',
    from(900, 1, () => ({ heat: 1e200 })),
    ['maximum, error: 902 1e+200', 'spiking sensor, warning: 902 the series: 1e+200', /^level shift, error: 884/],
  ],
  [
    'a sensor that is wrong too often',
    from(0, 1500, ({ heat }, at) => (at % 20 === 19 ? { heat: 61.5 } : { heat })),
    [
      'spiking sensor, warning: 21 the series: 61.5',
      'few believable readings, error: 21 the series: 61.5',
      /^distribution/,
    ],
  ],
  [
    'a value that never changes',
    from(0, days, () => ({ heat: 9.1 })),
    [/^stuck sensor/, /^few bel/, 'constant value, error: 2 the series: 9.1'],
  ],
  [
    'another unit',
    from(days - 60, 60, ({ heat }) => ({ heat: Math.round(18 * Number(heat) + 320) / 10 })),
    [/^spiking sensor/, 'level shift, error: 1767 the series, 2023-11: mean 48.81, other years 8.06'],
  ],
  [
    'another distribution',
    from(days - 365, 365, ({ heat }) => ({ heat: Math.round(10 * (Number(heat) + 6)) / 10 })),
    [/^distribution, error: 1484 the series: mean 18.22, earlier 12.23; p 0.000/],
  ],
  [
    'days that are copied',
    from(800, 14, (_, at, rows) => ({ heat: rows[at - 400]?.heat ?? '' })),
    ['copied, error: 815 the series to 2021-03-24, as the series to 2020-02-18'],
  ],
  [
    'a counter that goes back',
    from(300, 1, ({ count }) => ({ count: count - 15 })),
    ['monotone, error: 302 the series: 3985 after 3990'],
  ],
  ['a count twice', from(300, 1, ({ count }) => ({ count: count - 10 })), ['unique, error: 302 3990, as line 301']],
  [
    'a counter that jumps',
    from(300, days, ({ count }) => ({ count: count + 150 })),
    ['gaps, error: 302 the series: 3990 to 4150'],
  ],
  [
    'no deliveries of late',
    without(days - 40, 40),
    [
      'missing days, error: 1786 the series: 2023-11-21 to 2023-12-30, 40 days',
      'fresh, error: 1786 2023-11-20, 48 days',
    ],
  ],
  [
    'a day that the other file lacks',
    (rows) => [...rows, { ...(rows[0] as Row), date: '2023-12-31', count: 19_250 }],
    ['reference, error: 1827 2023-12-31'],
  ],
  [
    'what the other file has, too',
    from(days - 1, 1, () => ({ count: 500_000 })),
    [/^gaps/, 'disjoint, error: 1826 500000'],
  ],
  ['a weekday that is none', from(300, 1, () => ({ weekend: true })), ['determined, error: 302 1: true, most false']],
  [
    'too few days',
    (rows) => rows.slice(0, 40),
    [/^too few days/, /^missing days, error/, /^fresh/, /^distribution untested/],
  ],
]
for (const [name, change, told] of planted) {
  test(`one series: ${name}`, async () => {
    const findings = (await found(change)).toSorted()
    assert.equal(findings.length, told.length, findings.join('\n'))
    for (const wanted of told)
      assert.ok(
        findings.some((finding) => (typeof wanted === 'string' ? finding === wanted : wanted.test(finding))),
        `${wanted} is not in\n${findings.join('\n')}`,
      )
  })
}

test('one series is cleaned by its own past: spikes are masked, gaps filled and values carried on', async () => {
  const readings = [20, 21, 20.5, 60, 22, null, 21.5]
  const rows = readings.map((heat, n) => ({ ...(good()[n] as Row), heat: heat ?? '' }))
  using folder = folderWith({ 'data/meter.csv': csv(rows) })
  using database = await openDatabase(folder.root)
  const { connection } = database
  await loadRawFile(connection, 'raw', folder.root, file)
  await typedDays(connection, 'raw', 'days', file)
  await mask(connection, 'days', file)
  const heats = async (sql: string) =>
    (await query(connection, `SELECT ${sql} AS heat FROM days ORDER BY date`)).map(({ heat }) => heat)
  assert.deepEqual(await heats('heat'), [20, 21, 20.5, null, 22, null, 21.5])
  assert.deepEqual(await heats(carriedForward(file, 'heat')), [20, 21, 20.5, 20.5, 22, 22, 21.5])
  await imputeFromOthers(connection, 'days', file)
  assert.deepEqual(await heats('heat'), [20, 21, 20.5, 20.5, 22, 22, 21.5])
})

test('one series is counted as one, and explored', async () => {
  using folder = folderWith({ 'data/meter.csv': csv(good()) })
  const { meter } = await countsOf(folder.root, { meter: file })
  assert.deepEqual(meter, {
    ...{ rows: days, series: 1, from: '2019-01-01', to: '2023-12-30' },
    missing: { date: 0, weekday: 0, weekend: 0, count: 0, heat: 0 },
  })
  const { tables } = await explore(folder.root, {
    rawFiles: { meter: file },
    recordSchema: Type.Object({ date: Type.String({ format: 'date' }), weekend: Type.Boolean() }),
    target: { name: 'heat', unit: '°C' },
    keyFields: ['date'],
    timeField: 'date',
    histories: {},
    makeRecords: async (connection) => {
      await loadRawFile(connection, 'raw', folder.root, file)
      await typedDays(connection, 'raw', 'days', file)
      await connection.run('CREATE TABLE records AS SELECT date, weekend, heat FROM days')
    },
  })
  assert.deepEqual(
    tables.map(({ name, rows }) => [name, rows]),
    [
      ['meter', days],
      ['records', days],
    ],
  )
  const heat = tables[1]?.fields.find(({ name }) => name === 'heat')
  assert.ok((heat?.autocorrelation?.[0] ?? 0) > 0.9)
})
