import { groupsOf } from './groups.ts'
import { type Look, ownErrors } from './look.ts'

/** The records of a slice's value, or of a quarter of a field. */
export type Segment = {
  readonly name: string
  readonly records: number
  /** Mean of the metric. */
  readonly error: number
  /** Mean of prediction − actual. */
  readonly bias: number
}

/** Errors over the fields: by each group of `groupsOf`. */
export function segments(look: Look): readonly Segment[] {
  const errors = ownErrors(look)
  return groupsOf(look)
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, rows }) => {
      const mean = (of: (row: number) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
      return {
        name,
        records: rows.length,
        error: mean((row) => errors[row] as number),
        bias: mean((row) => (look.rows[row]?.prediction ?? 0) - (look.rows[row]?.actual ?? 0)),
      }
    })
}
