import type { Interval } from '../pipeline/evaluation/bootstrap.ts'
import { studentsT975 } from '../pipeline/evaluation/students-t.ts'

/** The mean of a few independent values with its interval of 95 %, which a bootstrap of so few would make too narrow. Of one value the interval is without bounds. */
export function meanOfFew(values: readonly number[]): Interval {
  const estimate = values.reduce((sum, value) => sum + value, 0) / values.length
  const freedom = values.length - 1
  const variance = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / freedom
  const wide = freedom === 0 ? Number.POSITIVE_INFINITY : studentsT975(freedom) * Math.sqrt(variance / values.length)
  return { estimate, low: estimate - wide, high: estimate + wide }
}
