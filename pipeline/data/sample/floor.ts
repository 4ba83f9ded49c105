import { isoOf } from './calendar.ts'
import { noise } from './demand.ts'
import type { Sale, World } from './sales.ts'

/** What can be said of the sample because it is known how it was made. All in units, but `records`. */
export type Statement = {
  /** The test window: the default split's last days of the data. */
  readonly window: { readonly from: string; readonly to: string; readonly records: number }
  /** The least mean absolute error that any model can reach there, in expectation. */
  readonly noiseFloorMae: number
  readonly salesStandardDeviation: number
  /** noiseFloorMae / salesStandardDeviation. */
  readonly share: number
  /** The error of knowing the expected sales themselves, on the very draws of this sample. */
  readonly oracleMae: number
}

/**
 * The least mean absolute error on these sales that any model can reach, in expectation, in units. Given a record, sales are normal around the expected; the best
 * prediction is their median, and its expected absolute error is sd · √(2/π) (the mean of a half-normal distribution). Rounding to whole units adds less than 0.1 %.
 */
export const floorOf = (sales: readonly Sale[]): number =>
  mean(sales.map(({ expected }) => noise(expected) * Math.sqrt(2 / Math.PI)))

/** The noise floor on the last `testDays` days, and what goes with it. */
export function stateFloor(world: World, testDays: number): Statement {
  const from = (world.days.at(-testDays) ?? 0) as number
  const test = world.sales.filter(({ day }) => day >= from)
  const units = test.map((sale) => sale.units)
  const centre = mean(units)
  const floor = floorOf(test)
  const spread = Math.sqrt(mean(units.map((value) => (value - centre) ** 2)))
  return {
    window: { from: isoOf(from), to: isoOf(world.days.at(-1) ?? 0), records: test.length },
    noiseFloorMae: round(floor),
    salesStandardDeviation: round(spread),
    share: round(floor / spread),
    oracleMae: round(mean(test.map(({ units: sold, expected }) => Math.abs(sold - expected)))),
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const round = (value: number) => Math.round(value * 10_000) / 10_000
