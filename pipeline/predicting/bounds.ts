import { link } from '../task/model.ts'
import { target } from '../task/record.ts'
import type { Interval } from '../tracking/bundle.ts'

/** Between which values, in units of the target, what happens lies with the interval's coverage. */
export type Bounds = { readonly low: number; readonly high: number; readonly coverage: number }

/** The interval around a prediction, within the target's own bounds. */
export function boundsOf({ coverage, below, above }: Interval, prediction: number): Bounds {
  const at = link.toModel(prediction)
  const within = (value: number) => Math.min(target.maximum, Math.max(target.minimum, value))
  return { low: within(link.fromModel(at + below)), high: within(link.fromModel(at + above)), coverage }
}
