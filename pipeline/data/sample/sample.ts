import { random } from '../../random.ts'
import { deliver, type Row } from './flaws.ts'
import { type Statement, stateFloor } from './floor.ts'
import { makeWorld } from './sales.ts'

export const sampleSeed = 5
export const sampleFrom = '2018-01-01'
export const sampleTo = '2023-12-31'
/** `train.split.test_days` of the default params.yaml. */
const testDays = 365

/** The sample's files, to the byte, and what can be said of them. The same seed gives the same bytes. */
export type Sample = { readonly files: { readonly [path: string]: string }; readonly statement: Statement }

/** Makes the default task's data: eight shops, four weather stations, six years. `carry` as `makeWorld` has it; the sample's own noise is independent. */
export function makeSample(seed: number = sampleSeed, carry = 0): Sample {
  const world = makeWorld(seed, sampleFrom, sampleTo, carry)
  const { sales, weather } = deliver(world, random(seed + 2))
  return {
    files: { 'data/sales.csv': toCsv(sales), 'data/weather.csv': toCsv(weather) },
    statement: stateFloor(world, testDays),
  }
}

/** No value of the sample needs quotes. */
function toCsv(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  return `${[columns, ...rows.map((row) => columns.map((column) => row[column]))].map((cells) => cells.join(',')).join('\n')}\n`
}
