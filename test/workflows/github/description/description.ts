import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import { type Schema, unknownKeys } from './unknown-keys.ts'

/** One operation, as `setup/github/cut.mjs` cuts it out of GitHub's description. */
type Operation = {
  readonly path: { readonly [name: string]: Schema }
  readonly query: { readonly [name: string]: Schema }
  readonly required: readonly string[]
  readonly body: Schema | null
  readonly bodyRequired: boolean
  readonly answers: { readonly [status: string]: Schema | null }
  readonly apps: boolean
  readonly deprecated: boolean
}

export type Described = {
  /** `GET /repos/{owner}/{repo}/pulls` */
  readonly operation: string
  readonly path: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: string }
  /** The JSON that was sent; undefined where there was none. */
  readonly body: unknown
}

export type Answered = { readonly operation: string; readonly status: number; readonly body: unknown }

export type Description = ReturnType<typeof openDescription>

/**
 * GitHub's own description of its API: what it would refuse of a request (`wrong`), what it would leave aside (`unknown`), and what it would not have answered, in sentences.
 * Throws, with what to do, where it is not installed.
 */
export function openDescription(file: string) {
  const { operations, schemas } = JSON.parse(textOf(file)) as {
    operations: { readonly [operation: string]: Operation }
    schemas: { readonly [name: string]: Schema }
  }
  const check = checker(schemas, false)
  const checkText = checker(schemas, true)
  const named = (name: string) => schemas[name] ?? {}
  return {
    request({ operation, path, query, body }: Described): { readonly wrong: string[]; readonly unknown: string[] } {
      const described = operations[operation]
      if (!described) return { wrong: [], unknown: [`GitHub has no ${operation}`] }
      const missing = described.required.filter((name) => !(name in query))
      const values = { ...described.path, ...described.query }
      const given = Object.entries({ ...path, ...query }).filter(([name]) => name in values)
      const { body: schema, bodyRequired } = described
      const sent = body !== undefined
      const unknown = Object.keys(query).filter((name) => !(name in described.query))
      return {
        wrong: [
          ...missing.map((name) => `${operation} needs the parameter ${name}`),
          ...given.flatMap(([name, value]) => checkText(values[name] ?? {}, value, name)),
          ...(bodyRequired && !sent ? ['GitHub wants a body'] : []),
          ...(schema && sent ? check(schema, body, 'the body') : []),
        ],
        unknown: [
          ...(described.apps ? [] : [`${operation} is not for the tokens of jobs`]),
          ...(described.deprecated ? [`GitHub gives ${operation} up`] : []),
          ...unknown.map((name) => `GitHub knows no parameter ${name} of ${operation}`),
          ...(sent && !schema ? [`GitHub wants no body for ${operation}`] : []),
          ...(schema ? unknownKeys(schema, body, named).map((key) => `GitHub knows no ${key}`) : []),
        ],
      }
    },
    answer({ operation, status, body }: Answered): string[] {
      const described = operations[operation]
      if (!described || (status >= 400 && !(status in described.answers))) return []
      const schema = described.answers[status]
      if (schema === undefined) return [`GitHub never answers ${operation} with ${status}`]
      if (schema === null) return body === undefined ? [] : [`GitHub answers ${operation} with no body`]
      return [...check(schema, body, 'the answer'), ...unknownKeys(schema, body, named).map(notAnswered)]
    },
  }
}

const notAnswered = (key: string) => `GitHub never answers ${key}`

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`${file} is not there: npm run test:workflows brings GitHub's description of its API`, { cause })
  }
}

/** Checks values against schemas of GitHub's; with `texts`, parameters of addresses, which all are texts. */
function checker(schemas: { readonly [name: string]: Schema }, texts: boolean) {
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: texts, logger: false })
  formats.default(ajv)
  ajv.addSchema({ $id: 'github', schemas })
  const compiled = new Map<Schema, ValidateFunction>()
  return (schema: Schema, value: unknown, what: string): string[] => {
    // A text is changed in place where it stands for a number: it needs something around it.
    const validate = compiled.get(schema) ?? ajv.compile(texts ? { properties: { value: schema } } : schema)
    compiled.set(schema, validate)
    if (validate(texts ? { value } : value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${texts ? '' : instancePath} ${message}`)
  }
}
