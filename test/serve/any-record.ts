import fc from 'fast-check'
import type { FieldSchema } from '../../pipeline/schema.ts'

/** Records that a schema allows, up to the limits of each field. */
export function recordsOf({ properties }: { readonly properties: object }): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valuesOf(field)])))
}

function valuesOf(field: FieldSchema): fc.Arbitrary<unknown> {
  const { minimum: min = -1e6, maximum: max = 1e6 } = field
  if (field.enum) return fc.constantFrom(...field.enum)
  if (field.type === 'number') return fc.double({ min, max, noNaN: true })
  if (field.type === 'integer') return fc.integer({ min: Math.ceil(min), max: Math.floor(max) })
  if (field.type === 'boolean') return fc.boolean()
  if (field.type === 'array')
    return fc.array(valuesOf(field.items ?? {}), { minLength: field.minItems ?? 0, maxLength: field.maxItems ?? 5 })
  if (field.format === 'date')
    return fc
      .date({ min: new Date('1900-01-01'), max: new Date('2100-12-31'), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10))
  return fc.string()
}
