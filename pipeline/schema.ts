import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { Static, TSchema } from 'typebox'
import { InputError } from './errors.ts'

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
})
formats.default(ajv)
// Words that our schemas carry for people and pages; ajv's strict mode wants to know them.
ajv.addVocabulary(['private', 'unit', 'severity'])

/** A field of a record, as its schema describes it. */
export type FieldSchema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: FieldSchema
  readonly minItems?: number
  readonly maxItems?: number
}

/** A checked file's type: nobody changes what was read. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

const compiled = new WeakMap<object, ValidateFunction>()

/** Compiles a schema once per schema object. */
export function compile(schema: TSchema): ValidateFunction {
  const known = compiled.get(schema)
  if (known) return known
  const check = ajv.compile(schema)
  compiled.set(schema, check)
  return check
}

/** People read some findings, not a hundred thousand: what is wrong in so many places was not written by hand. */
const mostFindings = 50
const longestFinding = 500

/**
 * Checks a value against a schema and returns it typed; nothing is coerced, unknown keys are errors.
 * `where` names the file (or message) that the value came from. Throws InputError with the findings (the first 50): path, what is allowed, what was got.
 */
export function validate<T extends TSchema>(schema: T, value: unknown, where: string): Static<T> {
  const check = compile(schema)
  if (check(value)) return value as Static<T>
  const lines = explain(check.errors ?? [], value)
  throw new InputError(
    lines.length === 1 ? `${where}: ${lines[0]}` : `${where}:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
  )
}

/** One sentence per finding of ajv: `train.epochs must be >= 1, got 0`. */
function explain(errors: readonly ErrorObject[], value: unknown): string[] {
  // A union reports each branch that did not match; the union's own line says it all.
  const unions = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath)
  const telling = errors.filter((error) => error.keyword === 'anyOf' || !unions.includes(error.instancePath))
  const all = [...new Set(telling.map((error) => cut(sentence(error, value), longestFinding)))]
  if (all.length <= mostFindings) return all
  return [...all.slice(0, mostFindings), `and ${(all.length - mostFindings).toLocaleString('en-US')} more …`]
}

function sentence(error: ErrorObject, value: unknown): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.')
  const name = path || 'the top level'
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty'])
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {})
    return `${path ? `${path}.` : ''}${key} is not a known key${known.length > 0 ? `; known here: ${known.join(', ')}` : ''}`
  }
  if (error.keyword === 'required')
    return `${path ? `${path}.` : ''}${String(error.params['missingProperty'])} is missing`
  return `${name} ${allowed(error)}, got ${cut(shown(at(value, error.instancePath)), 80)}`
}

const cut = (text: string, longest: number) => (text.length > longest ? `${text.slice(0, longest - 3)}...` : text)

/** A stranger's value may be deeper than the stack, or lie within itself. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch {
    return `${Array.isArray(value) ? 'a list' : 'a map'} without end`
  }
}

function allowed(error: ErrorObject): string {
  if (error.keyword === 'enum') return `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}`
  if (error.keyword === 'const') return `must be ${JSON.stringify(error.params['allowedValue'])}`
  return error.message ?? 'is not allowed'
}

function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const part of pointer.split('/').slice(1)) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as { [key: string]: unknown })[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found
}
