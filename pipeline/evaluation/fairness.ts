import { blockBootstrap, type Interval } from './bootstrap.ts'
import { sumDaily } from './daily.ts'
import { areEnough } from './drawn.ts'
import { type Look, ownErrors } from './look.ts'

/** A group of an attribute against all other records. Intervals are at the confidence of one group among all (Bonferroni). */
export type GroupGap = {
  readonly attribute: string
  readonly group: string
  readonly records: number
  readonly error: number
  /** How much more the model errs on the group than on the others, in percent of these; absent when it has too few records or days to tell. */
  readonly errorGap?: Interval
  /** Mean of prediction − actual on the group minus that on the others, each in percent of the mean size of what happened there: positive when the group is predicted too much in comparison. */
  readonly biasGap?: Interval
}

/** Groups by attribute: `values[attribute][row]` is the row's group. */
export type Attributes = { readonly [attribute: string]: readonly string[] }

/**
 * The gaps between groups of each attribute. With `perTarget` an error is one in what happens: groups that differ in size are compared by the sum of errors over the sum of
 * what happened. Groups of fewer than `minRecords` records, or on too few days (`areEnough`), have no gap.
 */
export function fairness(
  look: Look,
  values: Attributes,
  { minRecords, perTarget }: { readonly minRecords: number; readonly perTarget: boolean },
): readonly GroupGap[] {
  const { rows, days, options } = look
  const all = [...rows.keys()]
  const errors = ownErrors(look)
  const groups = Object.entries(values).flatMap(([attribute, of]) =>
    [...new Set(of)].toSorted().map((group) => {
      const own = all.filter((row) => of[row] === group)
      return { attribute, group, own, rest: all.filter((row) => of[row] !== group) }
    }),
  )
  const isJudged = ({ own, rest }: (typeof groups)[0]) =>
    [own, rest].every((side) => side.length >= minRecords && areEnough(days, side))
  const judged = groups.filter(isJudged).length
  const strict = { ...options, confidence: 1 - (1 - options.confidence) / Math.max(1, judged) }
  const error = (row: number) => errors[row] as number
  const bias = (row: number) => (rows[row]?.prediction ?? 0) - (rows[row]?.actual ?? 0)
  const size = (row: number) => Math.abs(rows[row]?.actual ?? 0)
  return groups.map((each) => {
    const { attribute, group, own, rest } = each
    const gap = (
      top: (row: number) => number,
      bottom: (row: number) => number,
      of: (own: number, rest: number) => number,
    ) => {
      const sums = (which: readonly number[]) => [sumDaily(days, which, top), sumDaily(days, which, bottom)]
      return blockBootstrap(
        [...sums(own), ...sums(rest)],
        ([a = 0, n = 0, b = 0, m = 0]) => bounded(of(a / n, b / m)),
        strict,
      )
    }
    const found = {
      attribute,
      group,
      records: own.length,
      error: own.reduce((sum, row) => sum + error(row), 0) / own.length,
    }
    if (!isJudged(each)) return found
    return {
      ...found,
      errorGap: gap(error, perTarget ? size : () => 1, (a, b) => (a === b ? 0 : 100 * (a / b - 1))),
      biasGap: gap(bias, size, (a, b) => 100 * (a - b)),
    }
  })
}

/** Of nothing no percentage can be taken: results stay finite, so that they survive JSON. */
const bounded = (percent: number) => (Number.isNaN(percent) ? 0 : Math.max(-1e6, Math.min(1e6, percent)))
