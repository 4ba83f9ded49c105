import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { noise } from '../../pipeline/data/sample/demand.ts'
import floor from '../../pipeline/data/sample/floor.json' with { type: 'json' }
import { makeWorld } from '../../pipeline/data/sample/sales.ts'
import { makeSample } from '../../pipeline/data/sample/sample.ts'
import { ingest } from '../../pipeline/task/ingest.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { folderWith } from '../data/folder.ts'
import { linearFit } from './linear.ts'
import { sampleFiles, statement } from './sample-folder.ts'

const root = join(import.meta.dirname, '../..')

test('the generator makes the very data that data.dvc names, and the statement beside it', () => {
  const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex')
  const list = Object.entries(sampleFiles).map(
    ([path, text]) => `{"md5": "${md5(text)}", "relpath": "${path.slice(5)}"}`,
  )
  assert.match(readFileSync(join(root, 'data.dvc'), 'utf8'), new RegExp(`md5: ${md5(`[${list.join(', ')}]`)}.dir`))
  assert.deepEqual(statement, floor)
})

test('another seed makes another sample', () => {
  assert.notEqual(makeSample(7).files['data/sales.csv'], sampleFiles['data/sales.csv'])
})

test('noise that is carried over is as large, and comes back by that much on the next day', () => {
  for (const carry of [0, 0.6]) {
    const { sales } = makeWorld(9, '2018-01-01', '2021-12-31', carry)
    const luck = [...Map.groupBy(sales, ({ shop }) => shop).values()].map((own) =>
      own.map(({ units, expected }) => (units - expected) / noise(expected)),
    )
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const near = (actual: number, wanted: number) => assert.ok(Math.abs(actual - wanted) < 0.04, `${actual}, ${wanted}`)
    near(mean(luck.flat().map((value) => value ** 2)), 1)
    near(mean(luck.flatMap((own) => own.slice(1).map((value, day) => value * (own[day] ?? 0)))), carry)
  }
})

test('the noise floor is at most 15 % of the standard deviation of sales, and what an oracle reaches', () => {
  assert.ok(statement.share <= 0.15, `${statement.share}`)
  assert.ok(Math.abs(statement.oracleMae / statement.noiseFloorMae - 1) < 0.03)
})

test("a linear model's error is at least 1.5 times the floor", async () => {
  using folder = folderWith(sampleFiles)
  const examples = await ingest(join(folder.root, 'data'))
  const inWindow = ({ time }: Example) => time >= statement.window.from
  const train = examples.filter((example) => !inWindow(example))
  const model = linearFit(
    train.map(({ record }) => columns(record)),
    train.map(({ target }) => target),
  )
  const test = examples.filter(inWindow)
  const mae =
    test.reduce((sum, { record, target }) => sum + Math.abs(Math.max(0, model(columns(record))) - target), 0) /
    test.length
  assert.ok(mae >= 1.5 * statement.noiseFloorMae, `${mae} against a floor of ${statement.noiseFloorMae}`)
})

const shops = ['harbour', 'hilltop', 'lakeside', 'market', 'old-town', 'promenade', 'station', 'university']

/** What one would give a linear model: shop and weekday one-hot, the weather, two waves of the year, and what was last. */
function columns(record: Example['record']): number[] {
  const day = Date.parse(record.date) / 86_400_000
  const wave = (2 * Math.PI * day) / 365.25
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return [
    ...shops.map((shop) => Number(shop === record.shop)),
    // One weekday less than there are: the shops' columns already add up to one.
    ...[1, 2, 3, 4, 5, 6].map((weekday) => Number(weekday === new Date(record.date).getUTCDay())),
    Number(record.holiday),
    Number(record.promotion),
    record.temperature_c,
    record.rain_mm,
    record.sunshine_h,
    Math.sin(wave),
    Math.cos(wave),
    Math.sin(2 * wave),
    Math.cos(2 * wave),
    record.recent_units_sold.at(-7) ?? 0,
    mean(record.recent_units_sold),
    mean(record.recent_temperature_c.slice(-7)),
  ]
}
