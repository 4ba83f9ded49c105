import { absoluteError } from '../metric.ts'
import { type TaskRecord, target } from './record.ts'

/** What models are judged by: for classes (a target of 0 or 1, predicted as a probability) `brierScore` or `logLoss`. */
export const metric = absoluteError(target.unit)

/** What is shown and judged apart: a name, and the value a record has there. */
export const slices: { readonly [name: string]: (record: TaskRecord) => string } = {
  shop: (record) => record.shop,
  season: (record) =>
    ['winter', 'spring', 'summer', 'autumn'][Math.floor((Number(record.date.slice(5, 7)) % 12) / 3)] ?? '',
  day: (record) =>
    record.holiday ? 'holiday' : [0, 6].includes(new Date(record.date).getUTCDay()) ? 'weekend' : 'weekday',
}

/** Fields of the record that hold a history, one value a day and the day before last, and what of: the gate refuses one that ends earlier or later. */
export const histories = { recent_temperature_c: 'temperature_c', recent_units_sold: 'units_sold' } as const

/** Who or what must be served alike, whether or not it is a field: the gate's rule `fairness` compares the groups of each. */
export const attributes: { readonly [name: string]: (record: TaskRecord) => string } = { shop: (record) => record.shop }
