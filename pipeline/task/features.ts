import { oneHot, weekday } from '../features/categorical.ts'
import type { Features } from '../features/feature.ts'
import { interaction } from '../features/interaction.ts'
import { decadesSince, flag, movingAverage, numeric } from '../features/numeric.ts'
import { seasonality } from '../features/seasonality.ts'
import type { TaskRecord } from './record.ts'

const shop = oneHot<TaskRecord>('shop', (record) => record.shop)
const temperature = numeric<TaskRecord>('temperature', (record) => record.temperature_c)
// Most days are dry and few are very wet: the logarithm keeps the latter from drowning the rest.
const rain = numeric<TaskRecord>('rain', (record) => Math.log1p(record.rain_mm))

/** What the model sees of a record, in this order. */
export const features: Features<TaskRecord> = [
  shop,
  weekday('weekday', (record) => record.date),
  flag('holiday', (record) => record.holiday),
  flag('promotion', (record) => record.promotion),
  temperature,
  rain,
  numeric('sunshine', (record) => record.sunshine_h),
  seasonality('season', (record) => record.date, 2),
  decadesSince('decades', (record) => record.date),
  movingAverage('temperature, 7 days', (record) => record.recent_temperature_c, 7),
  movingAverage('temperature, 14 days', (record) => record.recent_temperature_c, 14),
  movingAverage('sales, 14 days', (record) => record.recent_units_sold.map(Math.log1p), 14),
  interaction(temperature, rain),
  // How much a shop lives off the season, and how much rain hurts it, differs from shop to shop.
  interaction(shop, rain),
  interaction(
    shop,
    seasonality('season', (record) => record.date, 1),
  ),
]

/** What is predicted without learning anything, in units of the target: the sales of the same weekday, a week before. */
export const naive = (record: TaskRecord): number => record.recent_units_sold.at(-7) ?? 0
