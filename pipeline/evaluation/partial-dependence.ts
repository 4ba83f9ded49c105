import { random, shuffled } from '../random.ts'
import { fieldsOf, type Look, type Predict } from './look.ts'

/** What a model predicts on average when a field has a value in all records, the others as they are. */
export type Dependence = {
  readonly field: string
  readonly points: readonly { readonly value: string; readonly prediction: number }[]
}

const mostPoints = 12
const mostRecords = 200

/**
 * Partial dependence (Friedman 2001, "Greedy function approximation: a gradient boosting machine", 8.2) over up to 200 records taken by chance: of number fields at 12 quantiles, of others at
 * each value where there are no more than 12. Fields that are lists are left out. Combinations that never come about are averaged too, which correlated fields show.
 */
export async function partialDependence(look: Look, predict: Predict): Promise<readonly Dependence[]> {
  const order = shuffled(look.rows.length, random(look.options.seed)).slice(0, mostRecords)
  const records = Array.from(order, (row) => look.rows[row]?.record ?? {})
  const dependences: Dependence[] = []
  for (const field of fieldsOf(look)) {
    const values = pointsOf(look.rows.map(({ record }) => record[field]))
    if (values.length < 2) continue
    const predictions = await predict(
      values.flatMap((value) => records.map((record) => ({ ...record, [field]: value }))),
    )
    const points = values.map((value, index) => {
      const own = predictions.slice(index * records.length, (index + 1) * records.length)
      return { value: String(value), prediction: own.reduce((sum, one) => sum + one, 0) / own.length }
    })
    dependences.push({ field, points })
  }
  return dependences
}

function pointsOf(values: readonly unknown[]): readonly unknown[] {
  if (typeof values[0] === 'number') {
    const sorted = (values as number[]).toSorted((a, b) => a - b)
    const at = (point: number) => sorted[Math.round((point / (mostPoints - 1)) * (sorted.length - 1))]
    return [...new Set(Array.from({ length: mostPoints }, (_, point) => at(point)))]
  }
  const different = [...new Set(values)]
  return Array.isArray(values[0]) || different.length > mostPoints ? [] : different.toSorted()
}
