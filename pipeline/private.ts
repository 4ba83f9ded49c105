import type { TObject } from 'typebox'

/** What stands for a value that is not told. */
export const hidden = '(private)'

/** Whether a schema marks a field private: its values appear in no report, sample, log or comment. */
export const isPrivate = (schema: TObject, field: string): boolean =>
  (schema.properties[field] as { private?: boolean } | undefined)?.private === true

export const hasPrivate = (schema: TObject): boolean =>
  Object.keys(schema.properties).some((field) => isPrivate(schema, field))

/** The record with `(private)` in place of the values of private fields. */
export function withoutPrivate(schema: TObject, record: object): { readonly [field: string]: unknown } {
  return Object.fromEntries(
    Object.entries(record).map(([field, value]) => [field, isPrivate(schema, field) ? hidden : value]),
  )
}

/** A record's key, which is the values of `fields` with | between them, as it may be told. */
export function shownKey(schema: TObject, fields: readonly string[], key: string): string {
  if (!fields.some((field) => isPrivate(schema, field))) return key
  const values = key.split('|')
  // A value that holds a | itself: which part is whose cannot be told.
  if (values.length !== fields.length) return hidden
  return values.map((value, index) => (isPrivate(schema, fields[index] as string) ? hidden : value)).join('|')
}

/** Whether `read` looks at a private field of the record: what it makes of it is then private, too. */
export function readsPrivate<R extends object>(schema: TObject, record: R, read: (record: R) => unknown): boolean {
  let found = false
  const watched = new Proxy(record, {
    get(target, field) {
      if (typeof field === 'string' && isPrivate(schema, field)) found = true
      return Reflect.get(target, field)
    },
  })
  read(watched)
  return found
}
