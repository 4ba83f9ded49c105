import { brierScore } from '../metric.ts'
import type { TaskRecord } from './record.ts'

/** What models are judged by: a score that only the true probability makes least. */
export const metric = brierScore

/** What is shown and judged apart: a name, and the value a record has there. */
export const slices: { readonly [name: string]: (record: TaskRecord) => string } = {
  depot: (record) => record.depot,
  weather: (record) => (record.temperature_c < 0 ? 'frost' : record.rain_mm > 3 ? 'rain' : 'fair'),
}

/** Fields of the record that hold a history, and what of. */
export const histories = { recent_late: 'late' } as const

/** Who or what must be served alike: the gate's rule `fairness` compares the groups of each. */
export const attributes: { readonly [name: string]: (record: TaskRecord) => string } = {
  depot: (record) => record.depot,
}
