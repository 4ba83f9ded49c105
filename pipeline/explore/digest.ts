import type { Exploration } from './exploration.ts'

const mostLines = 30
const mostFields = 60

/** What a reader of a pull request needs of an exploration; texts in it may come from the data and be hostile. */
export type ExplorationDigest = {
  /** The hash of the data that were looked at. */
  readonly data: string
  readonly standsOut: readonly string[]
  readonly fields: readonly DigestField[]
  /** Private fields, by table: their names and nothing else. */
  readonly hidden: readonly string[]
}

/** Shares are of one: of the rows without a value that counts, and of the target's variance that the field explains. */
export type DigestField = {
  readonly table: string
  readonly field: string
  readonly missing: number
  readonly outliers?: number
  readonly median?: number
  readonly explained?: number
  readonly pearson?: number
}

/** The digest of an exploration: at most 30 lines and 60 fields, however many there are. */
export function digestOf({ tables }: Exploration, data: string, standsOut: readonly string[]): ExplorationDigest {
  const fields = tables.flatMap(({ name, path, rows, fields }) =>
    fields.map(({ name: field, count, numbers, kind, association }): DigestField => {
      const { below, above } = numbers?.outliers ?? {}
      return {
        table: path ?? name,
        field,
        missing: (rows - count) / Math.max(1, rows),
        ...(below === undefined || above === undefined ? {} : { outliers: below + above }),
        ...(numbers && kind !== 'boolean' ? { median: numbers.quantiles['50'] } : {}),
        ...(association?.explained === undefined ? {} : { explained: association.explained }),
        ...(association?.pearson === undefined ? {} : { pearson: association.pearson }),
      }
    }),
  )
  const hidden = tables.flatMap(({ name, path, hidden }) => hidden.map((field) => `${path ?? name}: ${field}`))
  return { data, standsOut: standsOut.slice(0, mostLines), fields: fields.slice(0, mostFields), hidden }
}
