import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** A DuckDB database in memory. Disposed of with `using`. */
export type Database = { readonly connection: DuckDBConnection; [Symbol.dispose](): void }

/**
 * Opens a database that can read the files under `directory` and nothing else: no other path but `files`, no network, no extension. Data may be hostile.
 * With `limits`, what needs more memory than that is kept in files under `spill` meanwhile. One thread, because sums and averages of floats differ in their last bits with more, and they decide the weights.
 */
export async function openDatabase(
  directory: string,
  files: readonly string[] = [],
  limits?: { readonly memory: string; readonly spill: string },
): Promise<Database> {
  // DuckDB makes the folder when it needs it, and removes it; the one around it it does not make.
  if (limits) mkdirSync(dirname(limits.spill), { recursive: true })
  const bounds = limits ? { memory_limit: limits.memory, temp_directory: limits.spill } : {}
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', ...bounds })
  const connection = await instance.connect()
  await confine(connection, [directory], files)
  return {
    connection,
    [Symbol.dispose]: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** From now on the connection's database reads the files under `directories`, and `files`, and nothing else, and no setting of it can be changed. */
export async function confine(
  connection: DuckDBConnection,
  directories: readonly string[],
  files: readonly string[] = [],
): Promise<void> {
  const folders = directories.map((directory) => resolve(directory)).filter((folder) => existsSync(folder))
  await connection.run('SET autoinstall_known_extensions = false')
  await connection.run('SET autoload_known_extensions = false')
  if (folders.length > 0) await connection.run(`SET allowed_directories = [${folders.map(literal).join(', ')}]`)
  if (files.length > 0) await connection.run(`SET allowed_paths = [${files.map(literal).join(', ')}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

export type Rows = readonly { readonly [column: string]: unknown }[]

/** Runs a query and returns its rows as plain objects: integers as numbers, lists as arrays, dates as `Date`. */
export async function query(connection: DuckDBConnection, sql: string): Promise<Rows> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRowObjectsJS().map((row) => {
    for (const [column, value] of Object.entries(row)) if (typeof value === 'bigint') row[column] = Number(value)
    return row
  })
}

/** Sums of squares of numbers beyond are no numbers any more, and DuckDB throws: such values are taken for infinite. NaN is greater than all, to DuckDB. */
export const mostNumber = '1e140'

/** A name in SQL, whatever is in it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** A text in SQL, whatever is in it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
