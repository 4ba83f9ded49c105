import type { Interval } from '../pipeline/evaluation/bootstrap.ts'
import { studentsT975 } from '../pipeline/evaluation/students-t.ts'
import { mean } from './measure.ts'

/** The mean of a few independent values with its interval of 95 %, which a bootstrap of so few would make too narrow, and their standard deviation. Of one value the interval is without bounds. */
export function meanOfFew(values: readonly number[]): Interval & { readonly deviation: number } {
  const estimate = mean(values)
  const freedom = values.length - 1
  const squares = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, freedom))
  const wide = freedom === 0 ? Number.POSITIVE_INFINITY : (studentsT975(freedom) * deviation) / Math.sqrt(values.length)
  return { estimate, low: estimate - wide, high: estimate + wide, deviation }
}
