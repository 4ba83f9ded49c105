import type { TObject } from 'typebox'
import { identifier, literal } from './duckdb.ts'
import { shown } from './shown.ts'

/** One keyword of a schema for one field, as SQL over a table that has the field as a column. */
export type Rule = {
  readonly rule: string
  readonly field: string
  /** True where a row breaks the rule; NULL or false where there is no value. */
  readonly violation: string
  /** The value to show, as text. */
  readonly value: string
  readonly what: string
}

/** The part of JSON Schema that is understood in bulk. Words that only describe are passed over. */
type Keywords = {
  readonly [keyword: string]: unknown
  readonly type?: string
  readonly items?: Keywords
}

/** An SQL test that is true where `value`, the column or an array's item, breaks the keyword; NULL or false where there is none. */
type Test = { readonly rule: string; readonly broken: (value: string) => string; readonly what: string }

/** A table's columns are text as it stands in a file, or typed as DuckDB has them. */
export type Source = 'text' | 'typed'

const number = '[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?'
/** SQL: DuckDB's types of whole numbers. */
const whole = ['', 'U']
  .flatMap((sign) => ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].map((type) => literal(`${sign}${type}`)))
  .join(', ')
const describing = ['title', 'description', 'examples', 'default', 'unit', 'private', 'severity', 'items', '~kind']

/**
 * Compiles a TypeBox object schema into SQL, so that a table is checked where it lies and not row by row. Empty values break the rule `required`,
 * but for optional fields and those in `mayBeEmpty`. Throws Error for a keyword that this file does not know: a rule must not be passed over silently.
 */
export function rulesOf(schema: TObject, source: Source, mayBeEmpty: ReadonlySet<string> = new Set()): readonly Rule[] {
  const required = new Set<string>((schema as { required?: readonly string[] }).required ?? [])
  return Object.entries(schema.properties).flatMap(([field, property]) => {
    const keywords = property as Keywords
    const column = identifier(field)
    const value = shown(schema, field)
    const rules: Rule[] = testsOf(field, keywords, source).map(({ rule, broken, what }) => ({
      rule,
      field,
      violation: broken(column),
      value,
      what: `${field} ${what}`,
    }))
    if (!required.has(field) || mayBeEmpty.has(field)) return rules
    return [
      {
        rule: 'required',
        field,
        violation: `${column} IS NULL`,
        value: "''",
        what: `${field} must not be empty`,
      },
      ...rules,
    ]
  })
}

function testsOf(field: string, schema: Keywords, source: Source): readonly Test[] {
  const { type, ...keywords } = schema
  const types = typeTest(field, type, source)
  const known = Object.entries(keywords).filter(([keyword]) => !describing.includes(keyword))
  const tests = known.map(([keyword, limit]) => keywordTest(field, keyword, limit, source))
  const items = type === 'array' && schema.items ? testsOf(`${field}[]`, schema.items, source).map(anyItem) : []
  return [...types, ...tests, ...items]
}

function typeTest(field: string, type: string | undefined, source: Source): readonly Test[] {
  const is = (what: string, broken: Test['broken']): readonly Test[] => [
    { rule: 'type', broken, what: `must be ${what}` },
  ]
  if (type === 'string') return []
  if (source === 'typed') {
    if (type === 'number') return is('a finite number', (value) => `NOT isfinite(CAST(${value} AS DOUBLE))`)
    // True of infinity and NaN as well, for what is left of them is NaN. DuckDB folds the first half, and reads no column whose type knows whole numbers only.
    if (type === 'integer')
      return is('a whole number', (value) => `typeof(${value}) NOT IN (${whole}) AND ${value} - floor(${value}) <> 0`)
    if (type === 'boolean') return []
    if (type === 'array') return is('without gaps', (value) => `list_count(${value}) < len(${value})`)
  } else {
    if (type === 'number')
      return is(
        'a number',
        (value) => `NOT regexp_full_match(${value}, '${number}') OR NOT isfinite(TRY_CAST(${value} AS DOUBLE))`,
      )
    if (type === 'integer')
      return is('a whole number', (value) => `NOT regexp_full_match(${value}, '[-+]?[0-9]{1,18}')`)
    if (type === 'boolean') return is('true or false', (value) => `${value} NOT IN ('true', 'false')`)
  }
  throw new Error(
    `schema-sql.ts: ${field} has the type ${type ?? '(none)'}, which cannot be checked in bulk; use another, or teach it to schema-sql.ts`,
  )
}

function keywordTest(field: string, keyword: string, limit: unknown, source: Source): Test {
  const numeric = (value: string) => (source === 'text' ? `TRY_CAST(${value} AS DOUBLE)` : value)
  const test = (what: string, broken: Test['broken']): Test => ({ rule: keyword, broken, what: `must ${what}` })
  const compare = (operator: string, words: string) =>
    test(`be ${words} ${limit}`, (value) => `${numeric(value)} ${operator} ${Number(limit)}`)
  switch (keyword) {
    case 'minimum':
      return compare('<', 'at least')
    case 'maximum':
      return compare('>', 'at most')
    case 'exclusiveMinimum':
      return compare('<=', 'above')
    case 'exclusiveMaximum':
      return compare('>=', 'below')
    case 'minLength':
      return test(`have at least ${limit} characters`, (value) => `length(${value}) < ${Number(limit)}`)
    case 'maxLength':
      return test(`have at most ${limit} characters`, (value) => `length(${value}) > ${Number(limit)}`)
    case 'minItems':
      return test(`have at least ${limit} values`, (value) => `len(${value}) < ${Number(limit)}`)
    case 'maxItems':
      return test(`have at most ${limit} values`, (value) => `len(${value}) > ${Number(limit)}`)
    case 'pattern':
      return test(`match ${limit}`, (value) => `NOT regexp_matches(${value}, ${literal(String(limit))})`)
    case 'const':
      return test(`be ${limit}`, (value) => `CAST(${value} AS VARCHAR) <> ${literal(String(limit))}`)
    case 'enum': {
      const allowed = (limit as unknown[]).map(String)
      return test(`be one of ${allowed.join(', ')}`, (value) =>
        `CAST(${value} AS VARCHAR) NOT IN (${allowed.map(literal).join(', ')})`)
    }
    case 'format':
      if (limit !== 'date') break
      return test('be a date as YYYY-MM-DD', (value) =>
        source === 'typed'
          ? 'false'
          : `NOT regexp_full_match(${value}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') OR ${value} IS NOT NULL AND TRY_CAST(${value} AS DATE) IS NULL`)
  }
  throw new Error(
    `schema-sql.ts: ${field} has ${keyword}: ${JSON.stringify(limit)}, which cannot be checked in bulk; use another keyword, or teach it to schema-sql.ts`,
  )
}

/** The test for an array: one of its items breaks it. */
const anyItem = ({ rule, broken, what }: Test): Test => ({
  rule,
  broken: (value) => `len(list_filter(${value}, lambda item: coalesce(${broken('item')}, false))) > 0`,
  what: `(each value) ${what}`,
})
