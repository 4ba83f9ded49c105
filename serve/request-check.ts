import { Ajv, type ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { TaskRecord } from '../pipeline/task/record.ts'
import { type FieldError, Refusal } from './problem.ts'

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, object>>
  readonly required?: readonly string[]
}

// What is told of a wrong request; the rest is counted by the client's own schema check.
const maxErrors = 20

/**
 * Makes the check of a prediction request's body: `{records: [record, …]}`, or one record by itself. Nothing is coerced, unknown keys are errors.
 * The check returns the records, or throws Refusal 422 naming each wrong field of the first wrong record: what is allowed, never what was sent.
 * It stops at each field's first error, so a hostile body of 1 MiB cannot make it collect a million of them.
 */
export function createRequestCheck(recordSchema: object, maxRecords: number): (body: unknown) => readonly TaskRecord[] {
  // strict: false because the schema carries words for people (unit, private) and was checked when the bundle was made.
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    coerceTypes: false,
    removeAdditional: false,
    validateFormats: true,
  })
  formats.default(ajv)
  const isRecord = ajv.compile<TaskRecord>(recordSchema)
  const { properties = {}, required = [] } = recordSchema as ObjectSchema
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, check: ajv.compile(schema) }))

  function explain(value: unknown, at: string): FieldError[] {
    if (!isObject(value)) return [{ field: at || 'body', message: 'must be a record (an object)' }]
    const prefix = at === '' ? '' : `${at}.`
    const errors: FieldError[] = []
    for (const name of required)
      if (!Object.hasOwn(value, name)) errors.push({ field: prefix + name, message: 'is missing' })
    for (const { name, check } of fields) {
      if (!Object.hasOwn(value, name) || check(value[name])) continue
      const [error] = check.errors ?? []
      if (error) errors.push({ field: prefix + name + path(error), message: sentence(error) })
    }
    for (const name of Object.keys(value)) {
      if (errors.length >= maxErrors) break
      if (!Object.hasOwn(properties, name))
        errors.push({ field: prefix + name.slice(0, 80), message: 'is not a field of a record' })
    }
    if (errors.length === 0) {
      isRecord(value)
      errors.push({ field: at || 'body', message: sentence(isRecord.errors?.[0]) })
    }
    return errors.slice(0, maxErrors)
  }

  return (body) => {
    if (!isObject(body)) throw refuse([{ field: 'body', message: 'must be {"records": [...]} or one record' }])
    if (!Object.hasOwn(body, 'records')) {
      if (!isRecord(body)) throw refuse(explain(body, ''))
      return [body]
    }
    const records = body['records']
    const other = Object.keys(body).find((key) => key !== 'records')
    if (other !== undefined) throw refuse([{ field: other.slice(0, 80), message: 'is not known beside records' }])
    if (!Array.isArray(records) || records.length === 0 || records.length > maxRecords) {
      throw refuse([{ field: 'records', message: `must be an array of 1 to ${maxRecords} records` }])
    }
    for (const [index, record] of records.entries()) {
      if (!isRecord(record)) throw refuse(explain(record, `records.${index}`))
    }
    return records as readonly TaskRecord[]
  }
}

function refuse(errors: readonly FieldError[]): Refusal {
  const told = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new Refusal(422, told, { errors })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const path = (error: ErrorObject) => error.instancePath.replaceAll('/', '.')

function sentence(error: ErrorObject | undefined): string {
  if (error?.keyword === 'enum') return `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}`
  return error?.message ?? 'is not allowed'
}
