import { whole } from '../evaluation/wording.ts'
import { counted } from './status.ts'

/** Distinct models that the held-out records have been used on, and who tells of how many; without `runs` there is no MLflow. */
export type TestUses = {
  readonly models: number
  /** Judged on this machine. */
  readonly here: number
  /** With a run in MLflow. */
  readonly runs?: number
  /** In the ledger. */
  readonly released: number
}

/**
 * How often the test set has been used, and what that is worth: the largest of n standard normal numbers is √(2 ln n) at most on average, so of n models that are equally good the best looks so many
 * standard errors better than it is.
 */
export function saidOfUses({ models, here, runs, released }: TestUses): string {
  const sources = [
    ...(runs === undefined ? [] : [`${whole(runs)} with a run in MLflow`]),
    `${whole(here)} judged on this machine`,
    `${whole(released)} in the ledger`,
  ].join(', ')
  const luck =
    models > 1
      ? ` By luck alone, the best of ${whole(models)} equally good ones looks up to ${Math.sqrt(2 * Math.log(models)).toFixed(1)} standard errors better than it is.`
      : ''
  return `These held-out records have now been used on ${counted(models, 'model')} that ${models === 1 ? 'is' : 'are'} known of (${sources}); what was tried elsewhere is not counted.${luck}`
}
