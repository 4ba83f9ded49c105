import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { changes } from '../../pipeline/explore/compare.ts'
import { digestOf } from '../../pipeline/explore/digest.ts'
import { drawingsOf } from '../../pipeline/explore/drawings.ts'
import { explore } from '../../pipeline/explore/explore.ts'
import { pageOf } from '../../pipeline/explore/page.ts'
import { standsOut } from '../../pipeline/explore/stands-out.ts'
import { toMarkdown } from '../../pipeline/report/report.ts'
import { folderWith } from '../data/folder.ts'
import { hostile, secret, subjectWith, visitsCsv } from './subject.ts'

const look = async (secrets?: readonly string[]) => {
  using folder = folderWith({ 'data/visits.csv': visitsCsv() })
  return await explore(folder.root, subjectWith(secrets))
}

const near = (actual: number | undefined, wanted: number, off: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - wanted) <= off, `${actual} is not ${wanted} ± ${off}`)

test('what is missing, of another type, not finite and far off is counted, and no more than that', async () => {
  const [visits] = (await look()).tables
  const heat = visits?.fields.find(({ name }) => name === 'heat')
  assert.deepEqual([heat?.missing, heat?.unreadable, heat?.notFinite, heat?.count], [2, 1, 2, 1595])
  const { min, max, bins = [], outliers } = heat?.numbers ?? {}
  assert.deepEqual([min, max], [0, 900])
  assert.equal(
    bins.reduce((sum, { count }) => sum + count, 0),
    1595,
  )
  assert.deepEqual([outliers?.below, outliers?.above, outliers?.farthest.length], [0, 1, 1])
  assert.deepEqual(outliers?.farthest[0], { key: `2022-01-08 | ${hostile}`, value: 900 })
  near(
    heat?.moments?.reduce((sum, { rows, missing }) => sum + rows * missing, 0),
    5,
    1e-9,
  )
})

test('a day of a year that is not written with four digits is no day', async () => {
  for (const day of ['290000-01-01', '0044-03-15 (BC)']) {
    using folder = folderWith({ 'data/visits.csv': `${visitsCsv(50)}${day},x,y,1,2\n` })
    const [date] = (await explore(folder.root, subjectWith())).tables[0]?.fields ?? []
    assert.deepEqual([date?.count, date?.notFinite, date?.span?.to], [100, 1, '2022-02-21T00:00:00Z'])
  }
})

test('what goes with the target, its lags and its seasons are found', async () => {
  const { tables } = await look()
  const records = tables.find(({ name }) => name === 'records')
  const field = (name: string) => records?.fields.find((one) => one.name === name)
  assert.equal(records?.rows, 1595)
  near(field('recent_visits')?.association?.pearson, 1, 1e-9)
  near(field('recent_visits')?.association?.explained, 1, 0.01)
  assert.deepEqual(
    field('recent_visits')?.association?.byLag?.map(({ lag }) => lag),
    [1, 2, 3],
  )
  near(field('ward')?.association?.explained, 0, 0.001)
  const weekday = field('visits')?.cycles?.find(({ name }) => name === 'weekday')
  near(weekday?.explained, 0.999, 0.002)
  assert.deepEqual(
    weekday?.means.map(({ mean }) => mean > 500),
    [false, false, false, false, false, false, true],
  )
  near(field('visits')?.autocorrelation?.[6], 1, 0.01)
  assert.deepEqual(
    field('ward')
      ?.values?.map(({ value }) => value)
      .toSorted(),
    [hostile, 'north'],
  )
  const told = standsOut({ tables }).join('\n')
  assert.match(told, /records: visits comes round: the weekday explains 100 % of its variance/)
  assert.match(told, /data\/visits.csv: heat has no value that counts in 5 rows/)
})

test('nothing of a private field is shown: no value, no figure, also where it is the key, the time or the target', async () => {
  const usual = await look()
  assert.deepEqual(usual.tables[0]?.hidden, ['patient'])
  assert.ok(!JSON.stringify(usual).includes(secret))

  const told = await look(['patient', 'ward', 'visits', 'date'])
  const [visits, records] = told.tables
  assert.deepEqual(
    [visits?.hidden, records?.hidden],
    [
      ['date', 'ward', 'patient', 'visits'],
      ['date', 'ward', 'recent_visits', 'visits'],
    ],
  )
  assert.deepEqual(
    visits?.fields.map(({ name }) => name),
    ['heat'],
  )
  assert.deepEqual(visits?.fields[0]?.numbers?.outliers?.farthest, [{ key: '', value: 900 }])
  const all = `${JSON.stringify(told)}${(await pageOf('t', told, standsOut(told))).split('<script>')[0]}`
  for (const leak of [secret, 'north', 'onerror', '2022-0', '1000', '1,000', '"target":"'])
    assert.ok(!all.includes(leak), leak)
})

test('the page escapes what data hold, and its policy allows its own scripts and nothing else', async () => {
  const found = await look()
  const page = await pageOf(hostile, found, standsOut(found))
  assert.ok(!page.includes('<img'))
  assert.equal(page.match(/<\/script>/g)?.length, 4)
  const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(page) ?? []
  assert.match(policy, /^default-src 'none'; script-src ('sha256-[\w+/]+=' ?){3}; style-src 'unsafe-inline'/)
  const drawings = await drawingsOf(found)
  assert.ok(Object.keys(drawings).includes('records-visits-weekday.svg'))
  for (const svg of Object.values(drawings)) {
    assert.match(svg, /^<svg /)
    assert.ok(!/<img|<script/.test(svg))
  }
  assert.match(drawings['visits-association.svg'] ?? '', />ward</)
})

test('the digest is small however much there is, names private fields and tells nothing of them', async () => {
  const found = await look(['patient', 'visits'])
  const digest = digestOf(found, 'abc.dir', standsOut(found))
  assert.deepEqual(digest.hidden, [
    'data/visits.csv: patient',
    'data/visits.csv: visits',
    'records: recent_visits',
    'records: visits',
  ])
  assert.deepEqual(
    digest.fields.find(({ field }) => field === 'heat'),
    { table: 'data/visits.csv', field: 'heat', missing: 5 / 1600, outliers: 1, median: digest.fields[2]?.median },
  )
  const markdown = toMarkdown({ title: 't', exploration: digest, next: [] })
  assert.match(markdown, /^### Data explored$/m)
  assert.doesNotMatch(markdown, /<img|Erika/)
  const table = found.tables[0]
  assert.ok(table)
  const wide = { tables: [{ ...table, fields: Array.from({ length: 5000 }, () => table.fields[2] ?? assert.fail()) }] }
  const much = digestOf(wide, 'abc.dir', standsOut(wide))
  const whole = toMarkdown({ title: 't', exploration: much, next: [] })
  assert.ok(whole.length < 15_000, `${whole.length} characters`)
})

test('two versions of the data are compared: rows, days, distances, gaps, values that came and went, and nothing private', async () => {
  const subject = subjectWith()
  using old = folderWith({ 'data/visits.csv': visitsCsv() })
  using after = folderWith({ 'data/visits.csv': visitsCsv(900, 10).replaceAll('"north"', '"south"') })
  const now = await explore(after.root, subject)
  const before = await explore(old.root, subject, undefined, { with: now, partial: true })
  const wide = await explore(after.root, subject, undefined, { with: before, partial: false })
  const tables = changes(before, wide)
  const [visits] = tables
  assert.deepEqual(visits?.rows, { before: 1600, now: 1800 })
  assert.deepEqual(visits?.until, { before: '2024-03-12T00:00:00Z', now: '2024-06-20T00:00:00Z' })
  const ward = visits?.fields.find(({ name }) => name === 'ward')
  assert.deepEqual([ward?.appeared, ward?.vanished, ward?.distance], [['south'], ['north'], 0.5])
  // 0 to 19 evenly, against 10 to 29: half of all rows. Bins of 22.5 °C (one is 900 °C) see most of it.
  const heat = visits?.fields.find(({ name }) => name === 'heat')
  near(heat?.distance ?? undefined, 0.5, 0.2)
  near(visits?.fields.find(({ name }) => name === 'visits')?.distance ?? undefined, 0.43, 0.1)
  assert.ok(visits?.fields.every(({ name }) => name !== 'patient'))
  const same = changes(before, before)
  assert.ok(same.every(({ fields }) => fields.every(({ distance }) => !distance)))

  const comparison = { against: hostile, data: 'abc.dir', tables, before }
  const told = standsOut(wide, comparison)
  assert.match(told.join('\n'), /1,600 → 1,800 rows, until 2024-03-12 → 2024-06-20/)
  assert.match(told.join('\n'), /ward has new values: south/)
  const page = await pageOf('t', wide, told, comparison)
  assert.ok(!page.includes('<img') && !page.includes(secret))
  assert.match(page, /id="c0" ?|id="c0"/)

  using lacking = folderWith({ 'data/visits.csv': 'date,ward,patient,visits\n2022-01-03,north,x,1\n' })
  const partly = await explore(lacking.root, subjectWith(), undefined, { with: now, partial: true }).catch(String)
  assert.ok(typeof partly !== 'string', String(partly))
  assert.deepEqual(
    changes(partly, now)[0]?.fields.map(({ name }) => name),
    ['date', 'ward', 'visits'],
  )
})

test('a raw file that is missing, lacks a column or is no CSV is an error that names it', async () => {
  const failing = async (files: { readonly [path: string]: string }) => {
    using folder = folderWith(files)
    await explore(folder.root, subjectWith())
  }
  await assert.rejects(
    failing({ 'data/other.csv': '' }),
    /data\/visits.csv: the file is missing; run `npm run validate-data`/,
  )
  await assert.rejects(
    failing({ 'data/visits.csv': 'date,ward\n' }),
    /data\/visits.csv: column heat, visits is missing/,
  )
  await assert.rejects(failing({ 'data/visits.csv': 'date,ward,patient,heat,visits\n1,2\n' }), /cannot be read as CSV/)
})

test('what a killed exploration left is removed by the next, and nothing else', async () => {
  using folder = folderWith({ 'data/visits.csv': visitsCsv(30) })
  // A process that has ended, and one that has not.
  const { pid: gone } = spawnSync('true')
  const left = [`mergeline-explore-${gone}-x`, `mergeline-explore-${process.pid}-x`].map((name) => join(tmpdir(), name))
  for (const path of left) mkdirSync(path, { recursive: true })
  try {
    await explore(folder.root, subjectWith())
    assert.deepEqual(left.map(existsSync), [false, true])
    const own = readdirSync(tmpdir()).filter((name) => name.startsWith(`mergeline-explore-${process.pid}-`))
    assert.deepEqual(own, [`mergeline-explore-${process.pid}-x`])
  } finally {
    for (const path of left) rmSync(path, { recursive: true, force: true })
  }
})

test('a table without rows, and one value in all rows, are shown as what they are', async () => {
  const header = 'date,ward,patient,heat,visits\n'
  for (const rows of [
    '',
    '2022-01-03,north,x,1,2\n',
    '2022-01-03,north,x,1e300,2\n2022-01-04,north,x,-1e300,2\n2022-01-05,,x,,\n',
  ]) {
    using folder = folderWith({ 'data/visits.csv': header + rows })
    const found = await explore(folder.root, subjectWith())
    assert.equal(found.tables[0]?.rows, rows.split('\n').length - 1)
    assert.match(await pageOf('t', found, standsOut(found)), /Exploration of the data/)
  }
})
