import { Ajv, type ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { FieldSchema } from '../pipeline/schema.ts'
import type { TaskRecord } from '../pipeline/task/record.ts'
import { type FieldError, pointerTo, shown, wrongBody } from './problem.ts'

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
}

/** Where the records of a body lie, so that an error can name the value and point at it, whatever the protocol. */
export type Place = {
  /** The record in messages: `records.3`, or nothing where the body is one record. */
  readonly name: (index: number) => string
  /** The path to a field of it in the body (to the record itself without one), and on to `rest` within the field's value. */
  readonly path: (index: number, field?: string, rest?: readonly string[]) => readonly (string | number)[]
}

export type RecordCheck = {
  /** The record's fields by name, in the schema's order. */
  readonly fields: ReadonlyMap<string, FieldSchema>
  /** Returns the records, or throws Refusal 422 naming each wrong field: what is allowed, never what was sent. */
  readonly check: (records: readonly unknown[], place: Place) => readonly TaskRecord[]
}

// What is told of a wrong request; the rest is counted by the client's own schema check.
const maxErrors = 20

/**
 * Makes the check of records against a bundle's schema. Nothing is coerced, unknown keys are errors. It stops at each field's first error, and after 20 in
 * all, so a hostile body of 1 MiB cannot make it collect a million of them.
 */
export function createRecordCheck(recordSchema: object): RecordCheck {
  // strict: false because the schema carries words for people (unit, private) and was checked when the bundle was made.
  const ajv = new Ajv({
    strict: false,
    // 1e999 is JSON, and infinite.
    strictNumbers: true,
    allErrors: false,
    coerceTypes: false,
    removeAdditional: false,
    validateFormats: true,
  })
  formats.default(ajv)
  const isRecord = ajv.compile<TaskRecord>(recordSchema)
  const { properties = {}, required = [] } = recordSchema as ObjectSchema
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, check: ajv.compile(schema) }))

  function explain(record: unknown, index: number, place: Place): FieldError[] {
    const at = place.name(index)
    const prefix = at === '' ? '' : `${at}.`
    const told = (field: string | undefined, message: string, rest: readonly string[] = []): FieldError => ({
      field: field === undefined ? at || 'body' : [prefix + shown(field), ...rest].join('.'),
      pointer: pointerTo(place.path(index, field, rest)),
      message,
    })
    if (!isObject(record)) return [told(undefined, 'must be a record (an object)')]
    const errors: FieldError[] = []
    for (const name of required) if (!Object.hasOwn(record, name)) errors.push(told(name, 'is missing'))
    for (const { name, check } of fields) {
      if (!Object.hasOwn(record, name) || check(record[name])) continue
      const [error] = check.errors ?? []
      if (error) errors.push(told(name, sentence(error), error.instancePath.split('/').slice(1)))
    }
    for (const name of Object.keys(record)) {
      if (errors.length >= maxErrors) break
      if (!Object.hasOwn(properties, name)) errors.push(told(name, 'is not a field of a record'))
    }
    if (errors.length === 0) {
      isRecord(record)
      errors.push(told(undefined, sentence(isRecord.errors?.[0])))
    }
    return errors
  }

  return {
    fields: new Map(Object.entries(properties)),
    check(records, place) {
      let errors: FieldError[] | undefined
      for (let index = 0; index < records.length; index += 1) {
        if (isRecord(records[index])) continue
        errors = [...(errors ?? []), ...explain(records[index], index, place)]
        if (errors.length >= maxErrors) break
      }
      if (errors) throw wrongBody(errors.slice(0, maxErrors))
      return records as readonly TaskRecord[]
    },
  }
}

/** Whether a value is an object of names and values. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sentence(error: ErrorObject | undefined): string {
  if (error?.keyword !== 'enum') return error?.message ?? 'is not allowed'
  const allowed = error.params['allowedValues'] as readonly unknown[]
  return `must be one of ${allowed.slice(0, 20).join(', ')}${allowed.length > 20 ? `, … (${allowed.length})` : ''}`
}
