import { InputError } from '../errors.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import { type Days, daysOf } from './daily.ts'
import type { Policy } from './gate.ts'
import type { HeldOut } from './held-out.ts'

/** What the bootstrap draws: the records by day, or where groups are drawn by group, counted as days are. */
export type Drawn = { readonly days: Days; readonly options: BootstrapOptions }

/**
 * On fewer days, or in fewer groups where these are drawn, whatever is measured is told by a handful of them, however many records they have (of groups: Cameron, Gelbach & Miller 2008,
 * "Bootstrap-based improvements for inference with clustered errors").
 */
export const fewestDrawn = 20

/** Whether the records in `rows` lie on enough days, or in enough groups, to tell of others. */
export const areEnough = ({ of }: Days, rows: readonly number[]): boolean =>
  new Set(rows.map((row) => of[row])).size >= fewestDrawn

/** What `areEnough` asks for, in words. */
export const saidOfEnough = ({ block_by: by }: Policy): string =>
  by === undefined ? `on ${fewestDrawn} days` : `in ${fewestDrawn} groups of ${by}`

/**
 * How records are drawn by the policy: in blocks of `block_days` days; or, with `block_by`, as the whole groups of a slice, for data whose records are alike within a group (a
 * customer, a patient) rather than within a time: the cluster bootstrap (Davison & Hinkley 1997, "Bootstrap Methods and their Application", 3.8). Throws InputError for a slice that
 * the records do not have, and for one of fewer than 20 groups.
 */
export function drawnOf(records: readonly HeldOut[], policy: Policy): Drawn {
  const { confidence, resamples, block_days: blockDays, block_by: by, seed } = policy
  const options = { confidence, resamples, blockDays, seed }
  const days = daysOf(records)
  if (by === undefined || records.length === 0) return { days, options }
  const where = 'params.yaml: evaluate_gate.block_by'
  const groups = new Map<string, number>()
  const of = Int32Array.from(records, ({ slices }) => {
    const group = Object.hasOwn(slices, by) ? slices[by] : undefined
    if (group === undefined)
      throw new InputError(
        `${where} must be a slice of pipeline/task/judge.ts (${Object.keys(slices).join(', ')}), got ${JSON.stringify(by)}`,
      )
    if (!groups.has(group)) groups.set(group, groups.size)
    return groups.get(group) as number
  })
  if (groups.size < fewestDrawn)
    throw new InputError(
      `${where}: ${by} has ${groups.size} groups in the held-out records, of which ${fewestDrawn} are needed to tell of others; leave block_by out, and blocks of days are drawn`,
    )
  return { days: { ...days, count: groups.size, of }, options: { ...options, blockDays: 1 } }
}
