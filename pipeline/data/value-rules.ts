import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import { identifier as id, query } from './duckdb.ts'
import { type Finding, mostRead, printable } from './findings.ts'
import { rulesOf, type Source } from './schema-sql.ts'

/** A table to check against a schema. `at` is what findings call it: the file, and a word before each rule (empty, or `record: `). */
export type Checked = {
  readonly table: string
  readonly schema: TObject
  readonly source: Source
  readonly mayBeEmpty?: ReadonlySet<string>
  readonly at: { readonly file: string; readonly prefix: string; readonly cure: string }
}

/**
 * Checks each value of a table against its schema, in one pass: rows that break no rule are left behind by its filter, of the others each rule counts its own and keeps the first `maxShown`
 * with their values. A scan for each broken rule would cost as much again.
 */
export async function checkValues(
  connection: DuckDBConnection,
  { table, schema, source, mayBeEmpty, at }: Checked,
  maxShown: number,
): Promise<readonly Finding[]> {
  const rules = rulesOf(schema, source, mayBeEmpty)
  if (rules.length === 0) return []
  const columns = rules.flatMap(({ violation, value }, k) => [
    `${violation} AS broken${k}`,
    `left(${value}, ${mostRead}) AS value${k}`,
  ])
  const seen = rules.flatMap((_, k) => {
    const where = `FILTER (WHERE broken${k})`
    return [
      `count(*) ${where} AS count${k}`,
      `min("#line", ${maxShown}) ${where} AS lines${k}`,
      `arg_min(value${k}, "#line", ${maxShown}) ${where} AS values${k}`,
    ]
  })
  const any = rules.map(({ violation }) => `(${violation})`).join(' OR ')
  const [row = {}] = await query(
    connection,
    `SELECT ${seen.join(', ')} FROM (SELECT "#line", ${columns.join(', ')} FROM ${id(table)} WHERE ${any})`,
  )
  return rules.flatMap(({ rule, field, what }, k) => {
    const count = Number(row[`count${k}`])
    if (count === 0) return []
    const values = row[`values${k}`] as readonly string[]
    const shown = (row[`lines${k}`] as readonly bigint[]).map((line, n) => ({
      row: Number(line),
      value: printable(values[n] ?? ''),
    }))
    const found = { file: at.file, rule: `${at.prefix}${rule}`, severity: 'error' as const, field, what, cure: at.cure }
    return [{ ...found, count, shown }]
  })
}
