import { explain } from '../predicting/explain.ts'
import { hidden, isPrivate } from '../private.ts'
import type { Look, Predict } from './look.ts'

/** What fields add to predictions, over several records. */
export type Shapley = {
  /** Records that were explained, each against as many others as `background`. */
  readonly records: number
  readonly background: number
  /** The mean size of a field's contribution, in units of the target, the largest first; private fields together. */
  readonly fields: readonly { readonly field: string; readonly size: number }[]
}

const mostExplained = 30
const mostBackground = 15

/** The mean size of each field's Shapley value (`explain`) over held-out records spread evenly. */
export async function shapley({ rows, schema, options }: Look, predict: Predict): Promise<Shapley> {
  const fields = Object.keys(schema.properties).filter((field) => field in (rows[0]?.record ?? {}))
  const spread = (most: number, shift: number) => {
    const count = Math.min(most, rows.length)
    return Array.from(
      { length: count },
      (_, at) => rows[Math.floor(((at + shift) * rows.length) / count)]?.record ?? {},
    )
  }
  const [explained, background] = [spread(mostExplained, 0.5), spread(mostBackground, 0.25)]
  const sizes = new Map<string, number>()
  for (const [at, record] of explained.entries()) {
    const { contributions } = await explain(record, { predict, background, fields, seed: options.seed + at, pairs: 1 })
    for (const [field, value] of Object.entries(contributions)) {
      const name = isPrivate(schema, field) ? hidden : field
      sizes.set(name, (sizes.get(name) ?? 0) + Math.abs(value) / explained.length)
    }
  }
  return {
    records: explained.length,
    background: background.length,
    fields: [...sizes].map(([field, size]) => ({ field, size })).toSorted((a, b) => b.size - a.size),
  }
}
