import { random, shuffled } from '../random.ts'
import type { Interval } from './bootstrap.ts'
import { relativeInterval } from './daily.ts'
import { errorsOf, fieldsOf, isNumeric, type Look, middleOf, ownErrors, type Predict, type Row } from './look.ts'

/** How much more the model errs when a field is changed, in percent of its error. */
export type Change = { readonly field: string; readonly relative: Interval }

/**
 * Permutation importance (Breiman 2001, "Random forests", 10; Fisher, Rudin & Dominici 2019): each field's values are given to other records, by chance, and the error that this adds is the field's
 * importance. The most important first.
 */
export async function permutationImportance(look: Look, predict: Predict): Promise<readonly Change[]> {
  const next = random(look.options.seed)
  const fields = fieldsOf(look)
  const changes = await Promise.all(
    fields.map((field) => {
      const order = shuffled(look.rows.length, next)
      return changed(
        among(look, fields.length),
        predict,
        field,
        (_, row) => look.rows[order[row] as number]?.record[field],
      )
    }),
  )
  return changes.toSorted((a, b) => b.relative.estimate - a.relative.estimate)
}

/** Each field missing, as far as a record can be without it: at its median, or its most frequent value, in all records. The worst first. */
export async function missingFields(look: Look, predict: Predict): Promise<readonly Change[]> {
  const fields = fieldsOf(look)
  const changes = await Promise.all(
    fields.map((field) => {
      const middle = middleOf(look, field)
      return changed(among(look, fields.length), predict, field, () => middle)
    }),
  )
  return changes.toSorted((a, b) => b.relative.estimate - a.relative.estimate)
}

/** Noise on each number field: normal, with a standard deviation of `share` of the field's own, within the limits of its schema. The worst first. */
export async function noisyFields(look: Look, predict: Predict, share: number): Promise<readonly Change[]> {
  const next = random(look.options.seed)
  const fields = fieldsOf(look).filter((field) => isNumeric(look, field))
  const changes = await Promise.all(
    fields.map((field) => {
      const numbers = look.rows.flatMap(({ record }) => record[field]).filter((value) => typeof value === 'number')
      const noisy = noiseOf(look, field, share * spread(numbers), next)
      const values = look.rows.map(({ record }) => noisy(record[field]))
      return changed(among(look, fields.length), predict, field, (_, row) => values[row])
    }),
  )
  return changes.toSorted((a, b) => b.relative.estimate - a.relative.estimate)
}

/** The look at the confidence of one field among all (Bonferroni). */
const among = (look: Look, fields: number): Look => ({
  ...look,
  options: { ...look.options, confidence: 1 - (1 - look.options.confidence) / fields },
})

async function changed(
  look: Look,
  predict: Predict,
  field: string,
  value: (row: Row, index: number) => unknown,
): Promise<Change> {
  const { rows, days, options } = look
  const predictions = await predict(rows.map((row, index) => ({ ...row.record, [field]: value(row, index) })))
  const [own, other] = [errorsOf(look, predictions), ownErrors(look)]
  const relative = relativeInterval(
    days,
    [...rows.keys()],
    (row) => own[row] as number,
    (row) => other[row] as number,
    options,
  )
  return { field, relative }
}

function noiseOf({ schema }: Look, field: string, size: number, next: () => number): (value: unknown) => unknown {
  type Limits = {
    readonly type?: string
    readonly minimum?: number
    readonly maximum?: number
    readonly items?: Limits
  }
  const own = schema.properties[field] as Limits
  const { minimum = -Infinity, maximum = Infinity, type } = own.items ?? own
  const one = (value: unknown) => {
    if (typeof value !== 'number') return value
    const noisy = value + size * normal(next)
    return Math.min(maximum, Math.max(minimum, type === 'integer' ? Math.round(noisy) : noisy))
  }
  return (value) => (Array.isArray(value) ? value.map(one) : one(value))
}

/** A standard normal number (Box & Muller 1958). */
const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
