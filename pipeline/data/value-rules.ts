import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import { identifier as id, query } from './duckdb.ts'
import { type Finding, mostRead, printable } from './findings.ts'
import { type Rule, rulesOf, type Source } from './schema-sql.ts'

/** A table to check against a schema. `at` is what findings call it: the file, and a word before each rule (empty, or `record: `). */
export type Checked = {
  readonly table: string
  readonly schema: TObject
  readonly source: Source
  readonly mayBeEmpty?: ReadonlySet<string>
  readonly at: { readonly file: string; readonly prefix: string; readonly cure: string }
}

/**
 * Checks each value of a table against its schema, in one pass: rows that break no rule are left behind by its filter; each of the others is told once for each rule that it breaks, and each
 * rule counts its own and keeps the first `maxShown` with their values. A scan for each broken rule would cost as much again, and so would three aggregates for each rule that none breaks.
 */
export async function checkValues(
  connection: DuckDBConnection,
  { table, schema, source, mayBeEmpty, at }: Checked,
  maxShown: number,
): Promise<readonly Finding[]> {
  const rules = rulesOf(schema, source, mayBeEmpty)
  if (rules.length === 0) return []
  const any = rules.map(({ violation }) => `(${violation})`).join(' OR ')
  const told = rules.map(
    ({ violation, value }, k) => `CASE WHEN ${violation} THEN {rule: ${k}, value: left(${value}, ${mostRead})} END`,
  )
  const rows = await query(
    connection,
    `SELECT broken.rule AS rule, count(*) AS count, min("#line", ${maxShown}) AS lines, arg_min(broken.value, "#line", ${maxShown}) AS values
     FROM (SELECT "#line", unnest([${told.join(', ')}]) AS broken FROM ${id(table)} WHERE ${any}) WHERE broken IS NOT NULL GROUP BY broken.rule ORDER BY broken.rule`,
  )
  return rows.map((row) => {
    const { rule, field, what } = rules[row['rule'] as number] as Rule
    const values = row['values'] as readonly string[]
    const shown = (row['lines'] as readonly bigint[]).map((line, n) => ({
      row: Number(line),
      value: printable(values[n] ?? ''),
    }))
    const found = { file: at.file, rule: `${at.prefix}${rule}`, severity: 'error' as const, field, what, cure: at.cure }
    return { ...found, count: Number(row['count']), shown }
  })
}
