import type { Pseudonym } from './pseudonym.ts'

type Schema = { readonly properties?: { readonly [field: string]: { readonly private?: boolean } } }

/** What the audit log tells of a record: the whole of it, and the key by which its label finds it. */
export type Telling = {
  /** The record as JSON. */
  readonly input: (record: object) => string
  /** The values of the key fields with | between them, as in `Example.key`; null where the task names none, or the record lacks one. */
  readonly entity: (record: object) => string | null
}

/** Makes the telling of records of a schema, with pseudonyms for the fields that it marks private. Labels are keyed by the same function, so that they find their prediction. */
export function createTelling(recordSchema: object, keyFields: readonly string[], pseudonym: Pseudonym): Telling {
  const { properties = {} } = recordSchema as Schema
  const isPrivate = (field: string) => properties[field]?.private === true
  const anyPrivate = Object.keys(properties).some(isPrivate)
  const told = (record: object) =>
    Object.entries(record).map(([field, value]) => [field, isPrivate(field) ? pseudonym(value) : value] as const)
  const known = keyFields.length > 0 && keyFields.every((field) => Object.hasOwn(properties, field))

  return {
    input: anyPrivate ? (record) => JSON.stringify(Object.fromEntries(told(record))) : JSON.stringify,
    entity(record) {
      if (!known) return null
      let key = ''
      for (const [index, field] of keyFields.entries()) {
        const value = (record as { readonly [field: string]: unknown })[field]
        if (value === undefined || value === null) return null
        key += `${index > 0 ? '|' : ''}${isPrivate(field) ? pseudonym(value) : value}`
      }
      return key
    },
  }
}
