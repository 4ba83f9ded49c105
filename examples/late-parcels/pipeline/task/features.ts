import { oneHot, weekday } from '../features/categorical.ts'
import type { Features } from '../features/feature.ts'
import { flag, movingAverage, numeric } from '../features/numeric.ts'
import type { TaskRecord } from './record.ts'

/** What the model sees of a record, in this order. */
export const features: Features<TaskRecord> = [
  oneHot('depot', (record) => record.depot),
  weekday('weekday', (record) => record.date),
  numeric('parcels', (record) => record.parcels),
  numeric('distance', (record) => record.distance_km),
  numeric('rain', (record) => Math.log1p(record.rain_mm)),
  numeric('temperature', (record) => record.temperature_c),
  flag('frost', (record) => record.temperature_c < 0),
  movingAverage('late, 7 days', (record) => record.recent_late, 7),
]

/** What is predicted without learning anything: how often the depot's tours were late in the last week. */
export const naive = (record: TaskRecord): number =>
  record.recent_late.reduce((sum, late) => sum + late, 0) / record.recent_late.length
