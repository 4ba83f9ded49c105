import type { TSchema } from 'typebox'
import { InputError } from '../errors.ts'
import { validate } from '../schema.ts'
import type { Report } from './report.ts'
import { reportSchema, reportVersion } from './report-schema.ts'

/** A report of 2,000 findings and 5,000 slices has less. */
const mostBytes = 2_000_000
const mostValues = 250_000
const mostDepth = 12
const longestMessage = 1000

/**
 * A report as the text of `report.json`, for other jobs to read by `readReport`. What its schema does not know is left out (folders on a runner, predictions with their keys),
 * and lists and texts that are longer than it allows are cut. Throws Error when a number in it is not finite.
 */
export function toJson(report: Report): string {
  const bounded = bound(reportSchema, { version: reportVersion, ...report })
  return `${JSON.stringify(validate(reportSchema, bounded, 'report.json'))}\n`
}

/**
 * Reads a `report.json` that anybody may have written: at most 2,000,000 bytes of UTF-8, checked by schema. Every text in it is still a stranger's, for `toMarkdown` and
 * `toHtml` to escape. Throws InputError that names `where` and what is wrong.
 */
export function readReport(bytes: Buffer, where: string): Report {
  if (bytes.length > mostBytes) throw new InputError(`${where}: has ${bytes.length} bytes, more than ${mostBytes}`)
  const value = parse(bytes, where)
  if (tooMuch(value)) throw new InputError(`${where}: holds more values, or deeper ones, than a report has`)
  try {
    const { version: _, ...report } = validate(reportSchema, value, where)
    return report as Report
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    const { message } = cause
    throw new InputError(message.length > longestMessage ? `${message.slice(0, longestMessage)} …` : message, { cause })
  }
}

function parse(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new InputError(`${where}: is not JSON in UTF-8`, { cause })
  }
}

/** Checking by schema lists all that is wrong, and says the values: a stranger's must be few and flat before. */
function tooMuch(value: unknown): boolean {
  let level = [value]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length
    if (values > mostValues || depth > mostDepth) return true
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
  }
  return false
}

/** Long values are cut between characters, not within one. */
function cut(value: string, longest: number): string {
  if (value.length <= longest) return value
  const characters = [...value]
  return characters.length <= longest ? value : `${characters.slice(0, longest - 1).join('')}…`
}

type Bounds = TSchema & {
  readonly maxLength?: number
  readonly maxItems?: number
  readonly items?: TSchema
  readonly properties?: { readonly [key: string]: TSchema }
}

/** A value as a schema bounds it. */
function bound(schema: Bounds, value: unknown): unknown {
  if (typeof value === 'string') return cut(value, schema.maxLength ?? value.length)
  if (Array.isArray(value)) return value.slice(0, schema.maxItems).map((item) => bound(schema.items ?? {}, item))
  if (typeof value !== 'object' || value === null) return value
  const known = Object.entries(schema.properties ?? {})
  const kept = known.flatMap(([key, inner]) => {
    const own = (value as { readonly [key: string]: unknown })[key]
    return own === undefined ? [] : [[key, bound(inner, own)] as const]
  })
  return Object.fromEntries(kept)
}
