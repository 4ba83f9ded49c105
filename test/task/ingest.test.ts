import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { compile } from '../../pipeline/schema.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import { type Example, recordSchema } from '../../pipeline/task/record.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles, sampleWith, withCell } from './sample-folder.ts'

const sales = 'data/sales.csv'
const weather = 'data/weather.csv'

async function ingested(files: { readonly [path: string]: string }): Promise<readonly Example[]> {
  using folder = folderWith(files)
  return await ingest(join(folder.root, 'data'))
}

const sample = await ingested(sampleFiles)
const byKey = (examples: readonly Example[], key: string) => {
  const found = examples.find((example) => example.key === key)
  assert.ok(found, key)
  return found
}

test('examples are sorted by time, then key; each key is there once; every record is valid', () => {
  const sorted = sample.toSorted((a, b) => (a.time !== b.time ? (a.time < b.time ? -1 : 1) : a.key < b.key ? -1 : 1))
  assert.deepEqual(
    sample.map(({ key }) => key),
    sorted.map(({ key }) => key),
  )
  assert.equal(new Set(sample.map(({ key }) => key)).size, sample.length)
  const valid = compile(recordSchema)
  for (const { record, key, time } of sample) {
    assert.ok(valid(record), JSON.stringify(valid.errors))
    assert.equal(key, `${record.shop}|${record.date}`)
    assert.equal(time, record.date)
  }
})

test('the first 14 days of each shop and days without sales are no examples', () => {
  assert.equal(sample[0]?.time, '2018-01-15')
  assert.equal(
    sample.length,
    (2191 - 14) * 8 - (sampleFiles[sales] ?? '').split('\n').filter((line) => line.includes(',,')).length,
  )
})

test('a record has the day of its own and the 14 days before, oldest first', () => {
  const { record, target } = byKey(sample, 'harbour|2018-02-01')
  const cell = (path: string, start: string, column: number) =>
    Number(
      (sampleFiles[path] ?? '')
        .split('\n')
        .find((line) => line.startsWith(start))
        ?.split(',')[column],
    )
  const days = Array.from({ length: 14 }, (_, index) => `2018-01-${18 + index}`)
  assert.equal(target, cell(sales, '2018-02-01,harbour', 3))
  assert.equal(record.temperature_c, cell(weather, '2018-02-01,coast', 2))
  assert.deepEqual(
    record.recent_units_sold,
    days.map((day) => cell(sales, `${day},harbour`, 3)),
  )
  assert.deepEqual(
    record.recent_temperature_c,
    days.map((day) => cell(weather, `${day},coast`, 2)),
  )
})

test('the same files give the same examples, in whatever order their rows and columns come, and however often', async () => {
  const turned = (path: string) => {
    const [header = '', ...rows] = (sampleFiles[path] ?? '').trimEnd().split('\n')
    const columns = (line: string) => line.split(',').toReversed().join(',')
    return `${[header, ...rows.toReversed(), ...rows.slice(100, 200)].map(columns).join('\n')}\n`
  }
  assert.deepEqual(await ingested({ [sales]: turned(sales), [weather]: turned(weather) }), sample)
})

test('nothing leaks: whatever comes later, earlier examples stay as they are', async () => {
  for (const until of ['2019-05-10', '2020-10-06', '2022-03-31']) {
    const cut = (path: string) =>
      `${(sampleFiles[path] ?? '')
        .split('\n')
        .filter((line) => line.slice(0, 10) <= until || line.startsWith('date'))
        .join('\n')}\n`
    const known = await ingested({ [sales]: cut(sales), [weather]: cut(weather) })
    assert.deepEqual(
      known,
      sample.filter(({ time }) => time <= until),
    )
  }
})

test('a record does not know its own target', async () => {
  const day = '2021-06-15'
  const other = await ingested(
    sampleWith(sales, (line) => (line.startsWith(`${day},market`) ? withCell(line, 3, () => '4999') : line)),
  )
  assert.deepEqual(byKey(other, `market|${day}`).record, byKey(sample, `market|${day}`).record)
  assert.equal(byKey(other, `market|${day}`).target, 4999)
  assert.equal(byKey(other, 'market|2021-06-16').record.recent_units_sold.at(-1), 4999)
})

test('spiking and stuck readings are masked, missing ones filled from the other stations that day', async () => {
  const spike = await ingested(
    sampleWith(weather, (line) => (line.startsWith('2022-07-01,coast') ? withCell(line, 2, () => '49.9') : line)),
  )
  const lost = await ingested(
    sampleWith(weather, (line) => (line.startsWith('2022-07-01,coast') ? withCell(line, 2, () => '') : line)),
  )
  const truth = byKey(sample, 'harbour|2022-07-01').record.temperature_c
  const filled = byKey(spike, 'harbour|2022-07-01').record.temperature_c
  assert.ok(Math.abs(filled - truth) < 4, `${filled} for ${truth}`)
  assert.equal(byKey(lost, 'harbour|2022-07-01').record.temperature_c, filled)
  // The sample's own stuck sensor: 12 equal readings from 6 May 2019, of which the first three cannot be known for it.
  const stuck = byKey(sample, 'lakeside|2019-05-18').record.recent_temperature_c.slice(2)
  assert.equal(new Set(stuck.slice(0, 3)).size, 1)
  assert.ok(new Set(stuck.slice(3)).size > 7)
})

test('a missing file, a missing column and a line that is no row are errors that say what to do', async () => {
  const fails = (files: { readonly [path: string]: string }, message: RegExp) =>
    assert.rejects(
      ingested(files),
      (error) => error instanceof InputError && message.test(error.message) && /validate-data/.test(error.message),
    )
  const { [weather]: _, ...lacking } = sampleFiles
  await fails(lacking, /^data\/weather.csv: the file is missing/)
  await fails({}, /^data\/sales.csv: the file is missing/)
  await fails(
    sampleWith(weather, (line) => line.split(',').slice(0, 4).join(',')),
    /column sunshine_h is missing/,
  )
  await fails(
    sampleWith(sales, (line, row) => (row === 9 ? `${line},1` : line)),
    /^data\/sales.csv: cannot be read as CSV/,
  )
  await fails(
    sampleWith(sales, (line, row) => (row === 9 ? withCell(line, 3, () => 'x') : line)),
    /^data\/sales.csv: /,
  )
})
