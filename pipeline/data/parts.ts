import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import { InputError } from '../errors.ts'
import type { RawFile } from './contract.ts'
import { identifier as id, literal, query } from './duckdb.ts'
import { printable } from './findings.ts'
import { kindOf, plainFiles } from './plain-files.ts'

/** One file of a raw file's data. `fixed` are the columns that its folders' names give: `shop=harbour/2024.parquet`. */
export type Part = {
  /** From the root of the repository. */
  readonly path: string
  readonly format: 'csv' | 'parquet'
  readonly fixed: { readonly [column: string]: string }
}

/** Whether a raw file is a Parquet file, or a folder of parts; all else is one CSV file, or nothing that can be read. A folder in the place of a `.csv` is none of parts. */
export function hasParts(root: string, { path }: RawFile): boolean {
  if (path.endsWith('.csv') || kindOf(dirname(join(root, path))) !== 'folder') return false
  const kind = kindOf(join(root, path))
  return kind === 'folder' || (kind === 'file' && path.endsWith('.parquet'))
}

/**
 * The parts of a raw file: itself, or the files of the folder that its path names, in the order of their names. Throws InputError where there is something else
 * than plain files of one format, `.csv` or `.parquet`, in it.
 */
export function partsOf(root: string, { path }: RawFile): readonly Part[] {
  if (kindOf(join(root, path)) !== 'folder')
    return [{ path, format: path.endsWith('.parquet') ? 'parquet' : 'csv', fixed: {} }]
  const names = plainFiles(root, path).toSorted()
  const parts = names.map((name): Part => {
    const format = /\.(csv|parquet)$/.exec(name)?.[1]
    if (format === undefined)
      throw new InputError(
        `${printable(`${path}/${name}`)}: parts are .csv or .parquet; take other files out of ${path}`,
      )
    const folders = name.split('/').slice(0, -1)
    const fixed = folders.flatMap((folder) =>
      folder.includes('=')
        ? [[folder.slice(0, folder.indexOf('=')), decoded(folder.slice(folder.indexOf('=') + 1), `${path}/${name}`)]]
        : [],
    )
    return { path: `${path}/${name}`, format: format as Part['format'], fixed: Object.fromEntries(fixed) }
  })
  if (new Set(parts.map(({ format }) => format)).size > 1)
    throw new InputError(`${path}: its parts are of one format, .csv or .parquet, not of both`)
  return parts
}

function decoded(text: string, path: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new InputError(`a folder has a % in its name without two hexadecimal digits after it: ${printable(path)}`)
  }
}

/** SQL: the type that a column of a folder's name has beside those of Parquet. */
function typeOf(schema: TObject, column: string): string {
  const { type = '', format } = schema.properties[column] as { type?: string; format?: string }
  const known: { readonly [type: string]: string } = { number: 'DOUBLE', integer: 'BIGINT', boolean: 'BOOLEAN' }
  return format === 'date' ? 'DATE' : (known[type] ?? 'VARCHAR')
}

/** SQL: the rows of Parquet parts one after the other, with `#` and `#line`, the number of the row from 1 over all parts. `rows` are each part's. */
export function parquetRows(root: string, parts: readonly Part[], rows: readonly number[], schema: TObject): string {
  const columns = Object.keys(schema.properties)
  let before = 0
  const selects = parts.map(({ path, fixed }, index) => {
    const named = columns.map((name) =>
      Object.hasOwn(fixed, name)
        ? `CAST(${literal(fixed[name] as string)} AS ${typeOf(schema, name)}) AS ${id(name)}`
        : id(name),
    )
    const number = `file_row_number + ${before + 1}`
    before += rows[index] ?? 0
    return `SELECT ${number} AS "#", ${number} AS "#line", ${named.join(', ')} FROM read_parquet(${literal(join(root, path))}, file_row_number = true, hive_partitioning = false)`
  })
  return selects.join(' UNION ALL ')
}

/** A Parquet file's columns with DuckDB's types, and how many rows it has. Throws what DuckDB throws where it is none. */
export async function parquetShape(connection: DuckDBConnection, root: string, { path }: Part) {
  const file = literal(join(root, path))
  const columns = await query(connection, `DESCRIBE SELECT * FROM read_parquet(${file}, hive_partitioning = false)`)
  const [count] = await query(connection, `SELECT num_rows AS rows FROM parquet_file_metadata(${file})`)
  return {
    columns: columns.map((column) => ({ name: String(column['column_name']), type: String(column['column_type']) })),
    rows: Number(count?.['rows'] ?? 0),
  }
}
