import { shownKey, withoutPrivate } from '../private.ts'
import { keyFields } from '../task/record.ts'
import { type Look, ownErrors } from './look.ts'

export type Residual = {
  /** The key, without what is private. */
  readonly key: string
  readonly actual: number
  readonly prediction: number
  /** By the metric. */
  readonly error: number
  /** The fields of the record that may be told, as text. */
  readonly record: readonly { readonly field: string; readonly value: string }[]
}

/** The records with the largest errors, the largest first. */
export function largestResiduals(look: Look, most = 10): readonly Residual[] {
  const errors = ownErrors(look)
  return look.rows
    .map((_, row) => row)
    .toSorted((a, b) => (errors[b] as number) - (errors[a] as number))
    .slice(0, most)
    .map((row) => {
      const { key, actual, prediction, record } = look.rows[row] as Look['rows'][0]
      return {
        key: shownKey(look.schema, keyFields, key),
        actual,
        prediction,
        error: errors[row] as number,
        record: Object.entries(withoutPrivate(look.schema, record)).map(([field, value]) => ({
          field,
          value: textOf(value),
        })),
      }
    })
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join(' ') : String(value))
