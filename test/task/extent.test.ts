import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import type { Finding } from '../../pipeline/data/findings.ts'
import { validateData } from '../../pipeline/data/validate.ts'
import { makeRecords } from '../../pipeline/task/ingest.ts'
import { folderWith } from '../data/folder.ts'
import { sampleWith, withCell } from './sample-folder.ts'

const sales = 'data/sales.csv'
const weather = 'data/weather.csv'

/** The errors in these files, by rule; there must be one. */
async function errors(files: { readonly [path: string]: string }): Promise<{ readonly [rule: string]: Finding }> {
  using folder = folderWith(files)
  const report = await validateData(folder.root, { max_shown: 5, family_wise_error: 0.01 })
  assert.equal(report.pass, false)
  return Object.fromEntries(report.findings.filter((f) => f.severity === 'error').map((f) => [f.rule, f]))
}

test('the last two years of one file gone: the other file tells', async () => {
  const found = await errors(sampleWith(sales, (line) => (/^202[23]/.test(line) ? null : line)))
  assert.deepEqual(Object.keys(found), ['missing days'])
  assert.equal(found['missing days']?.count, 8)
  assert.equal(found['missing days']?.shown[0]?.value, 'harbour: 2022-01-01 to 2023-12-31, 730 days')
})

test('a whole shop gone: named', async () => {
  const found = await errors(sampleWith(sales, (line) => (line.includes(',harbour,') ? null : line)))
  assert.deepEqual(Object.keys(found), ['series missing'])
  assert.deepEqual(found['series missing']?.shown, [{ row: 1, value: 'harbour' }])
})

test('one row, and thirty days of everything: too few', async () => {
  const one = await errors(sampleWith(sales, (line, row) => (row > 2 ? null : line)))
  assert.deepEqual(Object.keys(one), ['too few days', 'missing days', 'series missing'])
  const start = sampleWith(sales, (line, row) => (row > 241 ? null : line))[sales] ?? ''
  const found = await errors({
    ...sampleWith(weather, (line, row) => (row > 121 ? null : line)),
    [sales]: start,
  })
  assert.equal(found['too few days']?.shown[0]?.value, '30 days')
})

test('values that never change: a temperature everywhere, and the sales', async () => {
  const still = await errors(sampleWith(weather, (line, row) => (row === 1 ? line : withCell(line, 2, () => '20.0'))))
  assert.deepEqual(Object.keys(still), ['few believable readings', 'constant value'])
  assert.equal(still['constant value']?.count, 4)
  const zero = await errors(sampleWith(sales, (line, row) => (row === 1 ? line : withCell(line, 3, () => '0'))))
  assert.deepEqual(Object.keys(zero), ['constant value'])
  assert.equal(zero['constant value']?.shown[0]?.value, 'harbour: 0')
})

test('one station stuck for two years: masked readings are missing ones', async () => {
  const files = sampleWith(weather, (line) => (/^202[01].*,coast/.test(line) ? withCell(line, 2, () => '13.0') : line))
  assert.ok('few believable readings' in (await errors(files)))
})

for (const day of ['9999-12-31', '0001-01-01', '1900-01-01', 'infinity']) {
  test(`${day}: refused at once, by validate-data and by ingest`, async () => {
    const files = sampleWith(sales, (line, row) => (row === 2 ? withCell(line, 0, () => day) : line))
    const started = performance.now()
    const found = await errors(files)
    const rule = day.startsWith('1900') ? 'too many days' : 'impossible day'
    assert.deepEqual(found[rule]?.shown, [{ row: 2, value: day }])
    using folder = folderWith(files)
    using database = await openDatabase(`${folder.root}/data`)
    await assert.rejects(
      makeRecords(database.connection, `${folder.root}/data`),
      /^InputError: data\/sales.csv: date runs from/,
    )
    assert.ok(performance.now() - started < 120_000, 'a row for each day up to there would take hours')
  })
}

test('a header with 3,000 more names, or without a name: told as such, and only that', async () => {
  const many = `,${Array.from({ length: 3000 }, (_, index) => `c${index}`).join(',')}`
  const long = await errors(sampleWith(sales, (line, row) => (row === 1 ? `${line}${many}` : line)))
  assert.deepEqual(Object.keys(long), ['unknown column'])
  assert.equal(long['unknown column']?.count, 3000)
  const nameless = await errors(sampleWith(sales, (line) => (line === '' ? line : `${line},`)))
  assert.deepEqual(Object.keys(nameless), ['column without a name'])
  assert.deepEqual(nameless['column without a name']?.shown, [{ row: 1, value: 'column 7' }])
})

test('a line without end, and every line too short: no CSV, no table', async () => {
  for (const at of [1, 100]) {
    const files = sampleWith(sales, (line, row) => (row === at ? 'a'.repeat(3_000_000) : line))
    const found = await errors(files)
    assert.deepEqual(Object.keys(found), ['not CSV'])
    assert.deepEqual(found['not CSV']?.shown, [{ row: at, value: '' }])
    assert.match(found['not CSV']?.what ?? '', new RegExp(`no CSV: line ${at} has more than`))
  }
  const short = await errors(sampleWith(sales, (line, row) => (row === 1 ? line : line.slice(0, 18))))
  assert.deepEqual(Object.keys(short), ['not a row'])
})
