import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { InputError } from '../errors.ts'
import type { RawFile } from './contract.ts'
import { identifier, literal } from './duckdb.ts'
import { longestLine } from './lines.ts'
import { hasParts, parquetRows, parquetShape, partsOf } from './parts.ts'
import { requirePlain } from './plain-files.ts'

/** A header is read up to this many bytes. */
const headerBytes = longestLine

/** Rows that are none are listed up to this many: beyond, the file is no table of this header, and listing takes minutes. */
export const mostRejects = 1000

/** The column names in the first line of a CSV file (UTF-8, comma, RFC 4180 quotes). None for an empty file. */
export function readHeader(file: string): readonly string[] {
  const descriptor = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(headerBytes)
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, headerBytes, 0)).replace(/^\uFEFF/, '')
    const line = text.split(/\r?\n/, 1)[0] ?? ''
    return line === ''
      ? []
      : [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
          ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
        )
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Loads a CSV file into the table `table`: each column as text under its header's name, and `#`, the number of the row from 1 in the file's order.
 * `rejects: 'keep'` leaves rows with too many or too few values out and lists the first `mostRejects` of them in the table `reject_errors`; else they throw. It
 * also adds `#line`, the line in the file where none was left out.
 */
export async function loadCsv(
  connection: DuckDBConnection,
  table: string,
  file: string,
  header: readonly string[],
  rejects: 'throw' | 'keep',
): Promise<void> {
  const columns = header.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')
  await connection.run(
    `CREATE OR REPLACE TABLE ${identifier(table)} AS SELECT ${rejects === 'keep' ? 'row_number() OVER () + 1 AS "#line", ' : ''}row_number() OVER () AS "#", * FROM read_csv(${literal(file)},
       auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${columns}},
       ${rejects === 'keep' ? `store_rejects = true, rejects_limit = ${mostRejects}` : 'strict_mode = true'})`,
  )
}

/**
 * Loads the raw file of a contract, strictly, every column as text: for training, after `validate-data` has had its say.
 * Throws InputError when the file is missing or no plain file, lacks a column, or has rows of another length than its header.
 */
export async function loadRawFile(
  connection: DuckDBConnection,
  table: string,
  root: string,
  file: RawFile,
): Promise<void> {
  const cure = 'run `npm run validate-data`, which says where and what to do'
  const path = join(root, file.path)
  requirePlain(dirname(path), dirname(file.path), 'folder')
  if (hasParts(root, file)) return await loadParts(connection, table, root, file, cure)
  requirePlain(path, file.path, 'file')
  if (!existsSync(path)) throw new InputError(`${file.path}: the file is missing; ${cure}`)
  const header = readHeader(path)
  const lacking = Object.keys(file.schema.properties).filter((column) => !header.includes(column))
  if (lacking.length > 0) throw new InputError(`${file.path}: column ${lacking.join(', ')} is missing; ${cure}`)
  try {
    await loadCsv(connection, table, path, header, 'throw')
  } catch (cause) {
    throw new InputError(`${file.path}: cannot be read as CSV; ${cure}`, { cause })
  }
}

async function loadParts(
  connection: DuckDBConnection,
  table: string,
  root: string,
  file: RawFile,
  cure: string,
): Promise<void> {
  const parts = partsOf(root, file)
  const columns = Object.keys(file.schema.properties)
  const texts = columns.map((name) => `CAST(${identifier(name)} AS VARCHAR) AS ${identifier(name)}`).join(', ')
  try {
    if (parts[0]?.format === 'parquet') {
      const rows = []
      for (const part of parts) rows.push((await parquetShape(connection, root, part)).rows)
      await connection.run(
        `CREATE OR REPLACE TABLE ${identifier(table)} AS SELECT "#", ${texts} FROM (${parquetRows(root, parts, rows, file.schema)}) ORDER BY "#"`,
      )
      return
    }
    await connection.run(
      `CREATE OR REPLACE TABLE ${identifier(table)} ("#" BIGINT, ${columns.map((name) => `${identifier(name)} VARCHAR`).join(', ')})`,
    )
    for (const { path, fixed } of parts) {
      const one = `${table} part`
      await loadCsv(connection, one, join(root, path), readHeader(join(root, path)), 'throw')
      const values = columns.map((name) =>
        Object.hasOwn(fixed, name) ? literal(fixed[name] as string) : identifier(name),
      )
      await connection.run(
        `INSERT INTO ${identifier(table)} SELECT "#" + (SELECT count(*) FROM ${identifier(table)}), ${values.join(', ')} FROM ${identifier(one)} ORDER BY "#"`,
      )
    }
  } catch (cause) {
    throw new InputError(`${file.path}: its parts cannot be read as one table; ${cure}`, { cause })
  }
}
