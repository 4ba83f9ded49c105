import type { TObject } from 'typebox'
import { hasPrivate, hidden, isPrivate } from '../private.ts'
import { identifier, literal } from './duckdb.ts'

/** SQL: a field's value as text for a report. `sql` where the column has another name than the field. */
export const shown = (schema: TObject, field: string, sql: string = identifier(field)): string =>
  isPrivate(schema, field) ? literal(hidden) : `coalesce(CAST(${sql} AS VARCHAR), '')`

/** SQL: the values of several fields, with | between them; `of` is the table's name where it is needed. */
export const shownTogether = (schema: TObject, fields: readonly string[], of?: string): string =>
  fields.map((field) => shown(schema, field, `${of ? `${of}.` : ''}${identifier(field)}`)).join(` || '|' || `)

/** SQL: a whole line of a file, which may hold any of the fields. */
export const shownLine = (schema: TObject, sql: string): string => (hasPrivate(schema) ? literal(hidden) : sql)
