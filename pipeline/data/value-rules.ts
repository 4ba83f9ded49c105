import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import { identifier as id, query } from './duckdb.ts'
import type { Finding, Search } from './findings.ts'
import { find } from './findings.ts'
import { type Rule, rulesOf, type Source } from './schema-sql.ts'

/** A table to check against a schema. `at` is what findings call it: the file, and a word before each rule (empty, or `record: `). */
export type Checked = {
  readonly table: string
  readonly schema: TObject
  readonly source: Source
  readonly mayBeEmpty?: ReadonlySet<string>
  readonly at: { readonly file: string; readonly prefix: string; readonly cure: string }
}

/** Checks each value of a table against its schema: one pass counts all rules' violations, a second shows the rows of the rules that were broken. */
export async function checkValues(
  connection: DuckDBConnection,
  checked: Checked,
  maxShown: number,
): Promise<readonly Finding[]> {
  const rules = rulesOf(checked.schema, checked.source, checked.mayBeEmpty)
  const counts = rules.map(({ counted }, index) => `count(*) FILTER (WHERE ${counted}) AS c${index}`)
  const [row] = await query(connection, `SELECT ${counts.join(', ')} FROM ${id(checked.table)}`)
  const broken = rules.filter((_, index) => Number(row?.[`c${index}`]) > 0)
  return find(
    connection,
    broken.map((rule) => search(rule, checked)),
    maxShown,
  )
}

function search({ rule, field, violation, value, what }: Rule, { table, at }: Checked): Search {
  return {
    file: at.file,
    rule: `${at.prefix}${rule}`,
    severity: 'error',
    field,
    what,
    cure: at.cure,
    select: `SELECT "#line" AS row, ${value} AS value FROM ${id(table)} WHERE ${violation}`,
  }
}
