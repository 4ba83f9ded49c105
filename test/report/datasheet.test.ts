import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { countsOf } from '../../pipeline/data/counts.ts'
import { datasheet } from '../../pipeline/report/datasheet.ts'
import { datasheet as words } from '../../pipeline/task/datasheet.ts'
import { rawFiles, recordSchema, target } from '../../pipeline/task/record.ts'
import { folderWith } from '../data/folder.ts'

const meters = {
  path: 'data/meters.csv',
  schema: Type.Object({
    day: Type.String({ format: 'date' }),
    meter: Type.String(),
    kwh: Type.Number({ minimum: -5, maximum: 90_000, unit: 'kWh', description: 'what was drawn that day' }),
    customer: Type.String({ private: true, enum: ['Ann', 'Bob'], description: 'who pays' }),
    ages: Type.Array(Type.Integer({ minimum: 0 }), { private: true, minItems: 1, maxItems: 7 }),
  }),
  key: ['day', 'meter'],
  time: 'day',
  series: ['meter'],
  gapDays: 3,
  tolerances: { kwh: { missingShare: 0.25, stuckAfter: 4 }, customer: { missingShare: 0.6173 } },
  owner: 'the meters’ desk',
}
const rows = [
  'day,meter,kwh,customer,ages',
  '2024-01-02,a,,Ann,41',
  '2024-01-01,a,3,Ann,41',
  '2024-01-03,b,4,,1871',
  '2024-01-04,b,5,,',
]
const files = { 'data/meters.csv': `${rows.join('\n')}\n` }

const sheetOf = (counts: Awaited<ReturnType<typeof countsOf<'meters'>>>) =>
  datasheet({
    name: 'demand',
    words,
    files: [{ contract: meters, counts: counts.meters }],
    record: meters.schema,
    target: { name: 'kwh', unit: 'kWh' },
    window: { from: '2024-01-01', trainUntil: '2024-01-02', until: '2024-01-03' },
    records: { train: 1400, validation: 20, test: 30 },
    hash: '0f.dir',
    features: [{ name: 'customer', columns: 2 }],
  })

test('a file’s rows, series, days and missing values are counted', async () => {
  using folder = folderWith(files)
  assert.deepEqual(await countsOf(folder.root, { meters }), {
    meters: {
      ...{ rows: 4, series: 2, from: '2024-01-01', to: '2024-01-04' },
      missing: { day: 0, meter: 0, kwh: 1, customer: 2, ages: 1 },
    },
  })
})

test('the datasheet has Gebru’s headings, with contracts, counts, windows and the task’s words', async () => {
  using folder = folderWith(files)
  const sheet = sheetOf(await countsOf(folder.root, { meters }))
  const headings = [...sheet.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
  const expected = ['Motivation', 'Composition', 'Collection', 'Preprocessing', 'Uses', 'Distribution', 'Maintenance']
  assert.deepEqual(headings, expected)
  assert.match(sheet, /^# Datasheet: the data of demand\n/)
  for (const row of [
    '| `data/meters.csv` | 4 | `day` `meter` | 2 | 2024-01-01 | 2024-01-04 |',
    '| `kwh` | what was drawn that day | number | kWh | −5 to 90,000 | 1 (25.0 %) |',
    '| `day` |  | date |  | any | none |',
    '| learnt from | 2024-01-01 to 2024-01-02 (1,400) |',
    '| `data/meters.csv: kwh` | 25.0 % | 4 |  |',
    '| DVC hash | `0f.dir` |',
    '| `data/meters.csv` | the meters’ desk | 0 | 3 |',
  ])
    assert.ok(sheet.includes(row), `${row}\n${sheet}`)
  assert.ok(sheet.includes(words.motivation[0]))
})

test('of private fields it tells the name and nothing else', async () => {
  using folder = folderWith(files)
  const sheet = sheetOf(await countsOf(folder.root, { meters }))
  assert.ok(sheet.includes('| `customer` | private |  |  |  |  |'))
  assert.ok(sheet.includes('| `ages` | private |  |  |  |'))
  assert.doesNotMatch(sheet, /Ann|Bob|who pays|50 %|61\.7|1871|list of/)
  const secret = {
    ...meters,
    schema: Type.Object({ ...meters.schema.properties, day: Type.String({ private: true }) }),
  }
  const counts = await countsOf(folder.root, { meters: secret })
  assert.deepEqual([counts.meters.from, counts.meters.to], [undefined, undefined])
})

test('the task’s own contracts can be told', () => {
  const counts = { rows: 3, series: 1, missing: {} }
  const contracts = Object.values(rawFiles).map((contract) => ({ contract, counts }))
  const window = { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' }
  const records = { train: 1, validation: 1, test: 1 }
  const sheet = datasheet({
    ...{ name: 'task', words, files: contracts, record: recordSchema, target, window, records },
    ...{ hash: '0f.dir', features: [] },
  })
  for (const field of Object.keys(recordSchema.properties)) assert.ok(sheet.includes(`| \`${field}\` |`), field)
  assert.doesNotMatch(sheet, /undefined|too long/)
})
