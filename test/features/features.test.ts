import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneHot, weekday } from '../../pipeline/features/categorical.ts'
import { columnNames, fitFeatures, transformRecord } from '../../pipeline/features/feature.ts'
import { interaction } from '../../pipeline/features/interaction.ts'
import { decadesSince, flag, movingAverage, numeric } from '../../pipeline/features/numeric.ts'
import { seasonality } from '../../pipeline/features/seasonality.ts'

type Row = { readonly x: number; readonly kind: string; readonly day: string; readonly past: readonly number[] }
const row = (x: number, kind = 'a', day = '2024-01-01', past = [1, 2, 3]): Row => ({ x, kind, day, past })
const x = numeric<Row>('x', (r) => r.x)
const kind = oneHot<Row>('kind', (r) => r.kind)

test('what fit learnt is plain JSON, and transform gives the same after a round trip through it', () => {
  const features = [x, kind, interaction(kind, x), movingAverage<Row>('past', (r) => r.past, 2)]
  const records = [row(1, 'a'), row(3, 'b', '2024-01-02', [4, 5, 6])]
  const fitted = fitFeatures(features, records)
  const again = JSON.parse(JSON.stringify(fitted))
  for (const record of records) {
    assert.deepEqual(transformRecord(features, again, record), transformRecord(features, fitted, record))
  }
})

test('numbers are standardised by the training records alone', () => {
  const fitted = fitFeatures([x], [row(2), row(4)])
  assert.deepEqual([...transformRecord([x], fitted, row(2))], [-1])
  assert.deepEqual([...transformRecord([x], fitted, row(100))], [97])
})

test('a constant column becomes 0, not NaN', () => {
  assert.deepEqual([...transformRecord([x], fitFeatures([x], [row(5), row(5)]), row(5))], [0])
})

test('a category that training never saw is all zeros', () => {
  const fitted = fitFeatures([kind], [row(1, 'b'), row(1, 'a')])
  assert.deepEqual(columnNames([kind], fitted), ['kind=a', 'kind=b'])
  assert.deepEqual([...transformRecord([kind], fitted, row(1, 'b'))], [0, 1])
  assert.deepEqual([...transformRecord([kind], fitted, row(1, 'new'))], [0, 0])
})

test('a moving average takes the last days of the history', () => {
  const feature = movingAverage<Row>('past', (r) => r.past, 2)
  const fitted = { past: { mean: 0, sd: 1 } }
  assert.deepEqual([...transformRecord([feature], fitted, row(1, 'a', '2024-01-01', [100, 2, 4]))], [3])
})

test('the day of the week is that of UTC, whatever the machine’s zone', () => {
  const feature = weekday<Row>('day', (r) => r.day)
  const sunday = transformRecord([feature], fitFeatures([feature], [row(1)]), row(1, 'a', '2024-06-30'))
  assert.deepEqual([...sunday], [1, 0, 0, 0, 0, 0, 0])
})

test('a season comes back after a year, and time goes on', () => {
  const season = seasonality<Row>('season', (r) => r.day, 2)
  const decades = decadesSince<Row>('decades', (r) => r.day)
  const fitted = fitFeatures([season, decades], [row(1, 'a', '2020-01-01')])
  const at = (day: string) => [...transformRecord([season, decades], fitted, row(1, 'a', day))]
  const [a, b] = [at('2020-07-01'), at('2024-07-01')]
  for (const column of [0, 1, 2, 3]) assert.ok(Math.abs((a[column] as number) - (b[column] as number)) < 1e-5)
  assert.ok(Math.abs((b[4] as number) - (a[4] as number) - 0.4) < 1e-6)
})

test('an interaction has a column for each pair', () => {
  const pair = interaction(
    kind,
    flag<Row>('big', (r) => r.x > 2),
  )
  const fitted = fitFeatures([pair], [row(1, 'a'), row(3, 'b')])
  assert.deepEqual(columnNames([pair], fitted), ['kind=a × big', 'kind=b × big'])
  assert.deepEqual([...transformRecord([pair], fitted, row(3, 'b'))], [0, 1])
})

test('a value that is not finite is refused, and the record is not told', () => {
  const fitted = fitFeatures([x], [row(1), row(2)])
  assert.throws(
    () => transformRecord([x], fitted, row(Number.NaN, 'secret')),
    (error: Error) => /x is NaN/.test(error.message) && !error.message.includes('secret'),
  )
})

test('features that were never fitted, or share a name, are refused', () => {
  assert.throws(() => transformRecord([x], {}, row(1)), /nothing was fitted for x/)
  assert.throws(() => fitFeatures([x, x], [row(1)]), /two features are named x/)
  assert.throws(() => fitFeatures([x], []), /no training records/)
})
