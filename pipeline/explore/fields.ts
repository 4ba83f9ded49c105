import type { TObject, TSchema } from 'typebox'
import { identifier as id } from '../data/duckdb.ts'
import { isPrivate } from '../private.ts'
import type { FieldKind } from './exploration.ts'

/** A field that may be shown. */
export type Field = { readonly name: string; readonly kind: FieldKind; readonly unit?: string }

type Described = TSchema & { type?: string; format?: string; unit?: string; items?: Described }

const kindOf = ({ type, format, items }: Described): FieldKind => {
  if (type === 'number' || type === 'integer') return 'number'
  if (type === 'boolean') return 'boolean'
  if (type === 'array' && (items?.type === 'number' || items?.type === 'integer')) return 'history'
  return format === 'date' || format === 'date-time' ? 'time' : 'category'
}

/** A schema's fields, and the names of those that are private, by the schema or by `alsoPrivate`. */
export function fieldsOf(
  schema: TObject,
  alsoPrivate: (field: string) => boolean = () => false,
): { readonly fields: readonly Field[]; readonly hidden: readonly string[] } {
  const names = Object.keys(schema.properties)
  const hidden = names.filter((name) => isPrivate(schema, name) || alsoPrivate(name))
  const fields = names
    .filter((name) => !hidden.includes(name))
    .map((name) => {
      const described = schema.properties[name] as Described
      const unit = described.unit ?? described.items?.unit
      return { name, kind: kindOf(described), ...(unit === undefined ? {} : { unit }) }
    })
  return { fields, hidden }
}

/** SQL type in which a field's values are looked at. */
export const sqlType = (kind: FieldKind): string =>
  ({ number: 'DOUBLE', boolean: 'BOOLEAN', category: 'VARCHAR', time: 'TIMESTAMP', history: 'DOUBLE[]' })[kind]

/** SQL: the number that stands for a field's value, or null where none does. */
export function numberOf({ name, kind }: Field): string | null {
  if (kind === 'number') return id(name)
  if (kind === 'boolean') return `CAST(CAST(${id(name)} AS INTEGER) AS DOUBLE)`
  return kind === 'history' ? `list_last(${id(name)})` : null
}

/** The fields that a number stands for, each with its SQL. */
export const numeric = (fields: readonly Field[]): readonly (Field & { readonly sql: string })[] =>
  fields.flatMap((field) => {
    const sql = numberOf(field)
    return sql === null ? [] : [{ ...field, sql }]
  })
