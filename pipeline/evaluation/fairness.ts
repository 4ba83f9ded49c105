import { blockBootstrap, type Interval } from './bootstrap.ts'
import { sumDaily } from './daily.ts'
import { type Look, ownErrors } from './look.ts'

/** A group of an attribute against all other records. Intervals are at the confidence of one group among all (Bonferroni). */
export type GroupGap = {
  readonly attribute: string
  readonly group: string
  readonly records: number
  readonly error: number
  /** How much more the model errs on the group than on the others, in percent of these. */
  readonly errorGap: Interval
  /** Mean of prediction − actual on the group minus that on the others, in units of the target: positive when the group is predicted too much in comparison. */
  readonly biasGap: Interval
}

/** The gaps between groups of each attribute: `values[attribute][row]` is the row's group. Groups of fewer than `minRecords` records, or that all records are in, are left out. */
export function fairness(
  look: Look,
  values: { readonly [attribute: string]: readonly string[] },
  minRecords: number,
): readonly GroupGap[] {
  const { rows, days, options } = look
  const all = [...rows.keys()]
  const errors = ownErrors(look)
  const groups = Object.entries(values).flatMap(([attribute, of]) =>
    [...new Set(of)].toSorted().flatMap((group) => {
      const own = all.filter((row) => of[row] === group)
      const rest = all.filter((row) => of[row] !== group)
      return own.length < minRecords || rest.length < minRecords ? [] : [{ attribute, group, own, rest }]
    }),
  )
  const strict = { ...options, confidence: 1 - (1 - options.confidence) / Math.max(1, groups.length) }
  const bias = (row: number) => (rows[row]?.prediction ?? 0) - (rows[row]?.actual ?? 0)
  const error = (row: number) => errors[row] as number
  return groups.map(({ attribute, group, own, rest }) => {
    const gap = (value: (row: number) => number, of: (own: number, rest: number) => number) => {
      const sums = (which: readonly number[]) => [sumDaily(days, which, value), sumDaily(days, which, () => 1)]
      return blockBootstrap(
        [...sums(own), ...sums(rest)],
        ([a, n, b, m]) => of((a as number) / (n as number), (b as number) / (m as number)),
        strict,
      )
    }
    return {
      attribute,
      group,
      records: own.length,
      error: own.reduce((sum, row) => sum + error(row), 0) / own.length,
      errorGap: gap(error, (a, b) => 100 * (a / b - 1)),
      biasGap: gap(bias, (a, b) => a - b),
    }
  })
}
