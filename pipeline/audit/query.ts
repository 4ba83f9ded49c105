import { StatementType } from '@duckdb/node-api'
import type { Rows } from '../data/duckdb.ts'
import { InputError } from '../errors.ts'
import { type Filter, openAuditView, whereOf } from './view.ts'

/**
 * The newest records that a filter lets through, `limit` of them at most; or the first rows of a query of one's own over the view `audit`. Inputs are objects; times are dates.
 * Throws InputError for what is no query: nothing but one SELECT is run.
 */
export async function queryAudit(
  folder: string,
  { sql, limit, ...filter }: Filter & { readonly sql?: string | undefined; readonly limit: number },
): Promise<Rows> {
  using database = await openAuditView(folder, filter)
  const { connection } = database
  const where = whereOf(filter)
  if (sql === undefined) {
    const newest = `SELECT * FROM audit WHERE ${where} ORDER BY time DESC, n DESC LIMIT ${limit}`
    return plain((await connection.runAndReadAll(newest)).getRowObjectsJS())
  }
  if (where !== 'true') throw new InputError('--sql stands alone: put what else is asked for into its WHERE')
  try {
    const statements = await connection.extractStatements(sql)
    const prepared = await statements.prepare(0)
    if (statements.count !== 1 || prepared.statementType !== StatementType.SELECT)
      throw new Error('more than one SELECT')
    const reader = await prepared.runAndReadUntil(limit)
    return plain(reader.getRowObjectsJS().slice(0, limit))
  } catch (cause) {
    const why = (cause as Error).message.split('\n')[0]
    throw new InputError(`--sql must be one SELECT over the view audit, in DuckDB's SQL: ${why}`, { cause })
  }
}

/** Rows as JSON can say them: whole numbers as numbers, inputs as objects. */
function plain(rows: readonly { readonly [column: string]: unknown }[]): Rows {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(name, value)])))
}

function shown(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return name === 'input' && typeof value === 'string' ? JSON.parse(value) : value
}
