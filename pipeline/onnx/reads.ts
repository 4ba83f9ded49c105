import { random } from '../random.ts'
import type { FieldSchema } from '../schema.ts'

export type Schema = {
  readonly properties?: { readonly [name: string]: FieldSchema }
  readonly required?: readonly string[]
}

/** Functions of one number that are recognised: each is one or two operators of ONNX. */
export const functions = {
  identity: (x: number) => x,
  log1p: Math.log1p,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x: number) => x * x,
  not: (x: number) => 1 - x,
} as const
export type FunctionName = keyof typeof functions

/** What a function of a record is: one of `functions` of one field, of each of its values where it holds several. */
export type Reading = { readonly field: string; readonly through: FunctionName }

const tries = 400

/**
 * Finds what `read` does by asking it: which field it looks at in the sample records, and what it answers to some hundred values that the schema allows, its limits and each text and
 * truth among them. Undefined where it looks at several fields, at one that may be missing, or answers otherwise than each of `functions`.
 */
export function readingOf<R extends object>(
  read: (record: R) => unknown,
  { properties = {}, required = [] }: Schema,
  samples: readonly R[],
): Reading | undefined {
  const [name, ...others] = [...new Set(samples.flatMap((record) => looksAt(read, record)))]
  const field = name === undefined ? undefined : properties[name]
  if (name === undefined || !field || others.length > 0 || !required.includes(name)) return undefined
  const next = random(1)
  const asked = Array.from({ length: tries }, (_, at) => allowed(field, at, next))
  const answered = asked.map((value, at) => answer(read, { ...(samples[at % samples.length] as R), [name]: value }))
  const through = (Object.keys(functions) as FunctionName[]).find((candidate) =>
    asked.every((value, at) => same(answered[at], applied(candidate, value))),
  )
  return through && { field: name, through }
}

/** A `read` that cannot bear a value which the schema allows is none of `functions`. */
function answer<R extends object>(read: (record: R) => unknown, record: R): unknown {
  try {
    return read(record)
  } catch {
    return undefined
  }
}

function looksAt<R extends object>(read: (record: R) => unknown, record: R): readonly string[] {
  const seen = new Set<string>()
  const watched = new Proxy(record, {
    get(target, field) {
      if (typeof field === 'string') seen.add(field)
      return Reflect.get(target, field)
    },
  })
  read(watched)
  return [...seen]
}

/** A value that the field allows: its limits first, then any. */
function allowed(field: FieldSchema, at: number, next: () => number): unknown {
  const { minimum = -1000, maximum = 1000, minItems = 0, maxItems = minItems } = field
  if (field.enum) return field.enum[at % field.enum.length]
  if (field.type === 'boolean') return at % 2 === 0
  if (field.type === 'array')
    return Array.from({ length: minItems + (at % (maxItems - minItems + 1)) }, (_, item) =>
      allowed(field.items ?? {}, at * maxItems + item, next),
    )
  if (field.type === 'number' || field.type === 'integer') {
    const value = at < 2 ? [minimum, maximum][at] : minimum + next() * (maximum - minimum)
    return at % 3 === 2 || field.type === 'integer' ? Math.round(value as number) : value
  }
  const day = new Date(Math.floor((next() - 0.5) * 60_000) * 86_400_000).toISOString().slice(0, 10)
  return field.format === 'date' ? day : `${day} Ä ${next()} b`
}

function applied(name: FunctionName, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => applied(name, one))
  if (typeof value === 'number') return functions[name](value)
  if (typeof value === 'boolean') return name === 'not' ? !value : name === 'identity' ? value : undefined
  return name === 'identity' ? value : undefined
}

function same(got: unknown, expected: unknown): boolean {
  if (Array.isArray(got) && Array.isArray(expected))
    return got.length === expected.length && got.every((one, at) => same(one, expected[at]))
  if (typeof got !== 'number' || typeof expected !== 'number') return got === expected
  return Object.is(got, expected) || Math.abs(got - expected) <= 1e-13 * Math.max(1, Math.abs(expected))
}
