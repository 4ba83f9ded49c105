import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../pipeline/data/findings.ts'
import { validateData } from '../../pipeline/data/validate.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles, sampleWith, withCell } from './sample-folder.ts'

const sales = 'data/sales.csv'
const weather = 'data/weather.csv'

async function check(files: { readonly [path: string]: string | Buffer }, max_shown = 5) {
  using folder = folderWith(files)
  return await validateData(folder.root, { max_shown, family_wise_error: 0.01 })
}

/** The one error of this rule, and that the report does not pass. */
async function refused(
  files: { readonly [path: string]: string | Buffer },
  rule: string,
  field?: string,
): Promise<Finding> {
  const report = await check(files)
  assert.equal(report.pass, false)
  const found = report.findings.filter((finding) => finding.rule === rule && finding.field === field)
  assert.equal(found.length, 1, JSON.stringify(report.findings, null, 1))
  const [finding] = found as [Finding]
  assert.equal(finding.severity, 'error')
  assert.notEqual(finding.cure, '')
  return finding
}

test('the sample passes, and its flaws are warnings', async () => {
  const report = await check(sampleFiles, 2)
  assert.equal(report.pass, true)
  const told = report.findings.map(({ file, rule, field, severity }) => [file, rule, field, severity].join(' '))
  assert.deepEqual(told, [
    'data/sales.csv delivered twice  warning',
    'data/sales.csv out of order date warning',
    'data/sales.csv missing values units_sold warning',
    'data/weather.csv delivered twice  warning',
    'data/weather.csv out of order date warning',
    'data/weather.csv missing values temperature_c warning',
    'data/weather.csv missing values rain_mm warning',
    'data/weather.csv missing values sunshine_h warning',
    'data/weather.csv stuck sensor temperature_c warning',
    'data/weather.csv spiking sensor temperature_c warning',
  ])
  for (const { shown, count } of report.findings) assert.equal(shown.length, Math.min(2, count), 'capped, with counts')
  assert.deepEqual(
    report.files.map(({ path, rows }) => [path, rows]),
    [
      [sales, 17552],
      [weather, 8772],
    ],
  )
})

test('wrong type: names file, row and value', async () => {
  const files = sampleWith(sales, (line, row) => (row === 100 ? withCell(line, 3, () => 'many') : line))
  const finding = await refused(files, 'type', 'units_sold')
  assert.equal(finding.file, sales)
  assert.deepEqual(finding.shown, [{ row: 100, value: 'many' }])
  assert.equal(finding.what, 'units_sold must be a whole number')
  assert.match(finding.cure, /correct the value at its source/)
})

test('a date that is none, a word that is not in the list, a number that is none', async () => {
  const bad = (row: number, column: number, value: string, file = sales) =>
    sampleWith(file, (line, at) => (at === row ? withCell(line, column, () => value) : line))
  assert.deepEqual((await refused(bad(7, 0, '2018-02-30'), 'format', 'date')).shown, [{ row: 7, value: '2018-02-30' }])
  assert.deepEqual((await refused(bad(8, 1, 'pier'), 'enum', 'shop')).shown, [{ row: 8, value: 'pier' }])
  assert.deepEqual((await refused(bad(9, 4, 'TRUE'), 'type', 'holiday')).shown, [{ row: 9, value: 'TRUE' }])
  for (const value of ['NaN', 'inf', '1e999', '1_0', '12 ']) {
    assert.deepEqual((await refused(bad(10, 2, value, weather), 'type', 'temperature_c')).shown, [{ row: 10, value }])
  }
})

test('impossible value: names file, row, value and the bound', async () => {
  const files = sampleWith(weather, (line, row) => (row === 4000 ? withCell(line, 3, () => '-3.5') : line))
  const finding = await refused(files, 'minimum', 'rain_mm')
  assert.deepEqual(finding.shown, [{ row: 4000, value: '-3.5' }])
  assert.equal(finding.what, 'rain_mm must be at least 0')
})

test('an empty key: names the row', async () => {
  const files = sampleWith(sales, (line, row) => (row === 12 ? withCell(line, 1, () => '') : line))
  assert.deepEqual((await refused(files, 'required', 'shop')).shown, [{ row: 12, value: '' }])
})

test('missing column: names the column and the header', async () => {
  const files = sampleWith(weather, (line) => line.split(',').slice(0, 4).join(','))
  const finding = await refused(files, 'missing column', 'sunshine_h')
  assert.deepEqual(finding.shown, [{ row: 1, value: 'date,station,temperature_c,rain_mm' }])
  assert.match(finding.cure, /add the column sunshine_h/)
})

test('unknown column and a column twice', async () => {
  const extra = (name: string) => sampleWith(sales, (line, row) => `${line},${row === 1 ? name : '1'}`)
  const finding = await refused(extra('price "€"; DROP TABLE sales'), 'unknown column')
  assert.match(finding.cure, /rawFiles in pipeline\/task\/record.ts/)
  assert.deepEqual((await refused(extra('Shop'), 'column twice')).shown, [{ row: 1, value: 'Shop' }])
})

test('one key with two values: names both lines', async () => {
  const files = sampleWith(sales, (line, row) =>
    row === 50 ? `${line}\n${withCell(line, 3, (units) => `${Number(units) + 1}`)}` : line,
  )
  const finding = await refused(files, 'one key, two values')
  assert.equal(finding.count, 1)
  assert.equal(finding.shown[0]?.row, 51)
  assert.match(finding.shown[0]?.value ?? '', /^2018-01-07\|harbour: unlike line 50: units_sold \d+, there \d+$/)
  assert.match(finding.cure, /which of them is right/)
})

test('a month gone: names the series, the days and the line after', async () => {
  const files = sampleWith(weather, (line) => (line.startsWith('2021-07-') ? null : line))
  const finding = await refused(files, 'missing days', 'date')
  assert.equal(finding.count, 4)
  assert.equal(finding.shown[0]?.value, 'city: 2021-07-01 to 2021-07-31, 31 days')
  const line = (files[weather] ?? '').split('\n')[(finding.shown[0]?.row ?? 0) - 1]
  assert.match(line ?? '', /^2021-08-01,city,/)
})

test('the last month gone: of one shop, and of all the weather', async () => {
  const one = sampleWith(sales, (line) => (/^2023-12-..,market/.test(line) ? null : line))
  assert.equal(
    (await refused(one, 'missing days', 'date')).shown[0]?.value,
    'market: 2023-12-01 to 2023-12-31, 31 days',
  )
  const all = sampleWith(weather, (line) => (line.startsWith('2023-12-') ? null : line))
  const finding = await refused(all, 'missing days', 'date')
  assert.equal(finding.count, 4)
  assert.equal(finding.file, weather)
  assert.equal(finding.shown[0]?.value, 'city: 2023-12-01 to 2023-12-31, 31 days')
  const lost = await refused(all, 'record: lost row')
  assert.equal(lost.count, 248)
  assert.equal(lost.shown[0]?.value, 'harbour|2023-12-01')
})

test('a day gone is a warning', async () => {
  const report = await check(sampleWith(sales, (line) => (/^2022-03-05,market/.test(line) ? null : line)))
  assert.equal(report.pass, true)
  assert.deepEqual(
    report.findings.filter(({ rule }) => rule === 'missing days').map(({ shown }) => shown[0]?.value),
    ['market: 2022-03-05 to 2022-03-05, 1 days'],
  )
})

test('empty file, header only, missing file, missing folder', async () => {
  assert.equal((await refused({ ...sampleFiles, [sales]: '' }, 'empty file')).file, sales)
  assert.equal(
    (await refused({ ...sampleFiles, [sales]: 'date,shop,station,units_sold,holiday,promotion\n' }, 'empty file')).file,
    sales,
  )
  const { [weather]: _, ...lacking } = sampleFiles
  assert.match((await refused(lacking, 'missing file')).cure, /dvc pull/)
  const nothing = await check({})
  assert.deepEqual(
    nothing.findings.map(({ file, rule, what }) => [file, rule, what]),
    [
      [sales, 'missing file', 'the folder data/ is missing'],
      [weather, 'missing file', 'the folder data/ is missing'],
    ],
  )
})

test('raw unit change: Fahrenheit from one day on, in one station, in a mild month', async () => {
  const files = sampleWith(weather, (line) =>
    /^2022-(0[4-9]|1.)-..,coast/.test(line)
      ? withCell(line, 2, (celsius) => (celsius === '' ? '' : (Number(celsius) * 1.8 + 32).toFixed(1)))
      : line,
  )
  const finding = await refused(files, 'level shift', 'temperature_c')
  assert.equal(finding.file, weather)
  assert.match(finding.shown[0]?.value ?? '', /^coast, 2022-04: mean 60\.\d+, other years 13\.\d+$/)
  assert.match((files[weather] ?? '').split('\n')[(finding.shown[0]?.row ?? 0) - 1] ?? '', /^2022-04-01,coast,/)
  assert.match(finding.cure, /deliver temperature_c in °C/)
})

test('raw unit change: rain in inches for a year', async () => {
  const files = sampleWith(weather, (line) =>
    line.startsWith('2023') ? withCell(line, 3, (mm) => (mm === '' ? '' : (Number(mm) / 25.4).toFixed(2))) : line,
  )
  const finding = await refused(files, 'level shift', 'rain_mm')
  assert.equal(finding.count, 4)
  assert.match(finding.shown[0]?.value ?? '', /^\w+, 2023: /)
})

test('more values missing than tolerated', async () => {
  const files = sampleWith(weather, (line, row) => (row > 1 && row % 20 === 0 ? withCell(line, 4, () => '') : line))
  const finding = await refused(files, 'missing values', 'sunshine_h')
  assert.ok(finding.count > 400)
  assert.equal(finding.shown.length, 5)
})

test('lines that are no rows: the lines of the others stay right', async () => {
  const files = sampleWith(sales, (line, row) => {
    if (row === 20) return `${line},1`
    if (row === 30) return '2018-01-01,harbour'
    if (row === 40) return ''
    if (row === 60) return withCell(line, 3, () => 'x')
    return line
  })
  const report = await check(files)
  const at = (rule: string) => report.findings.find((finding) => finding.rule === rule)?.shown.map(({ row }) => row)
  assert.deepEqual(at('not a row'), [20, 30])
  assert.deepEqual(at('blank line'), [40])
  assert.deepEqual(at('type'), [60])
})

test('quotes that go on over a line, and bytes that are no text', async () => {
  const open = sampleWith(sales, (line, row) => (row === 5 ? withCell(line, 1, (shop) => `"${shop}`) : line))
  assert.deepEqual((await refused(open, 'open quotes')).shown, [{ row: 5, value: '' }])
  const [head = '', ...rest] = (sampleFiles[sales] ?? '').split('\n')
  const bytes = Buffer.concat([
    Buffer.from(`${head}\n`),
    Buffer.from([0xff, 0xfe, 0x2c, 0x0a]),
    Buffer.from(rest.join('\n')),
  ])
  assert.deepEqual(
    (await refused({ ...sampleFiles, [sales]: bytes }, 'not a row')).shown.map(({ row }) => row),
    [2],
  )
})

test('what a file says stays data: SQL, formulas, control characters, long values', async () => {
  const hostile = `'); COPY x TO '/tmp/x'; --\u001b[31m${'x'.repeat(200)}`
  const files = sampleWith(sales, (line, row) => (row === 3 ? withCell(line, 1, () => hostile) : line))
  const finding = await refused(files, 'enum', 'shop')
  assert.equal(finding.shown[0]?.value.length, 80)
  assert.equal(finding.shown[0]?.value.includes('\u001b'), false)
})

test('one station reads 3 °C too much for a year: its distribution is another, and the owner is told', async () => {
  const warmer = sampleWith(weather, (line) =>
    /^2023-.*,hills/.test(line)
      ? withCell(line, 2, (celsius) => (celsius === '' ? '' : (Number(celsius) + 3).toFixed(1)))
      : line,
  )
  const { pass, findings } = await check(warmer)
  assert.equal(pass, true)
  const found = findings.filter(({ rule }) => rule === 'distribution')
  assert.deepEqual(
    found.map(({ file, field, severity, owner }) => [file, field, severity, owner]),
    [[weather, 'temperature_c', 'warning', 'weather desk']],
  )
  assert.match(found[0]?.shown[0]?.value ?? '', /^hills: mean \d+\.\d+, earlier \d+\.\d+; p 0\.0000\d$/)
  assert.match((warmer[weather] ?? '').split('\n')[(found[0]?.shown[0]?.row ?? 0) - 1] ?? '', /^2023-01-\d\d,hills,/)
})

test('a year of data: that its distribution cannot be compared is told, and nothing is found', async () => {
  const year = (path: string) =>
    sampleWith(path, (line, row) => (row === 1 || line.startsWith('2023') ? line : null))[path]
  const { findings } = await check({ [sales]: year(sales) ?? '', [weather]: year(weather) ?? '' })
  const told = findings
    .filter(({ rule }) => rule.startsWith('distribution'))
    .map(({ rule, field }) => `${rule}: ${field}`)
  assert.deepEqual(
    told,
    ['units_sold', 'promotion', 'temperature_c', 'rain_mm', 'sunshine_h'].map(
      (field) => `distribution untested: ${field}`,
    ),
  )
})
