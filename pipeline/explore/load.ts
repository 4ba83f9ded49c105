import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type TObject, type TSchema, Type } from 'typebox'
import type { RawFile } from '../data/contract.ts'
import { loadRawFile, readHeader } from '../data/csv.ts'
import { identifier as id, literal, mostNumber, query } from '../data/duckdb.ts'
import { parquetShape, partsOf } from '../data/parts.ts'
import { kindOf, requirePlain } from '../data/plain-files.ts'
import { InputError } from '../errors.ts'
import { type Field, sqlType } from './fields.ts'

/** SQL: moments that are written with four digits of a year. JavaScript cannot read others from text, and such are as good as infinite. */
const [firstMoment, lastMoment] = [`TIMESTAMP '0001-01-01'`, `TIMESTAMP '9999-12-31 23:59:59.999999'`]

const rawTable = 'explored raw'

/** Other files than a single CSV are read as training reads them, into a table on the disk. */
const isCsv = (path: string) => kindOf(path) !== 'folder' && !path.endsWith('.parquet')

/** Rows of a table, and by field how many have no value, one that is not of its type, and one that is NaN or infinite. */
export type Loaded = {
  readonly rows: number
  readonly counts: ReadonlyMap<string, { missing: number; unreadable: number; notFinite: number }>
}

/**
 * Makes the table `to` of a raw file: the `fields` in their types, with NULL for what has no value, or none that counts. Values of other columns are not read.
 * Throws InputError when the file is missing or cannot be read as CSV.
 */
export async function loadFields(
  connection: DuckDBConnection,
  to: string,
  root: string,
  file: RawFile,
  fields: readonly Field[],
): Promise<Loaded> {
  const path = join(root, file.path)
  const cure = 'run `npm run validate-data`, which says where and what to do'
  requirePlain(dirname(path), dirname(file.path), 'folder')
  if (!isCsv(path)) {
    await loadRawFile(connection, rawTable, root, { ...file, schema: Type.Object(pick(file.schema, fields)) })
    const loaded = await loadTable(connection, to, rawTable, fields)
    await connection.run(`DROP TABLE ${id(rawTable)}`)
    return loaded
  }
  requirePlain(path, file.path, 'file')
  if (!existsSync(path)) throw new InputError(`${file.path}: the file is missing; ${cure}`)
  const header = readHeader(path)
  const lacking = fields.filter(({ name }) => !header.includes(name)).map(({ name }) => name)
  if (lacking.length > 0) throw new InputError(`${file.path}: column ${lacking.join(', ')} is missing; ${cure}`)
  const columns = header.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')
  const source = `read_csv(${literal(path)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {${columns}}, strict_mode = true)`
  try {
    return await typed(connection, to, source, fields)
  } catch (cause) {
    throw new InputError(`${file.path}: cannot be read as CSV; ${cure}`, { cause })
  }
}

const pick = ({ properties }: TObject, fields: readonly Field[]) =>
  Object.fromEntries(fields.map(({ name }) => [name, properties[name] as TSchema]))

/** Those of the fields that the file, or each of its parts, has a column for; all, where there is no file, or none that can be read. */
export async function presentIn(
  connection: DuckDBConnection,
  root: string,
  file: RawFile,
  fields: readonly Field[],
): Promise<readonly Field[]> {
  const path = join(root, file.path)
  if (!existsSync(path)) return fields
  if (isCsv(path)) {
    requirePlain(path, file.path, 'file')
    const header = readHeader(path)
    return fields.filter(({ name }) => header.includes(name))
  }
  try {
    const columns: (readonly string[])[] = []
    for (const part of partsOf(root, file)) {
      const own =
        part.format === 'csv'
          ? readHeader(join(root, part.path))
          : (await parquetShape(connection, root, part)).columns.map(({ name }) => name)
      columns.push([...own, ...Object.keys(part.fixed)])
    }
    return fields.filter(({ name }) => columns.every((own) => own.includes(name)))
  } catch {
    return fields // Who loads it says what is wrong with it.
  }
}

/** The same of a table that is in the database already. */
export function loadTable(connection: DuckDBConnection, to: string, from: string, fields: readonly Field[]) {
  return typed(connection, to, id(from), fields)
}

async function typed(connection: DuckDBConnection, to: string, source: string, fields: readonly Field[]) {
  const cast = ({ name, kind }: Field) => `TRY_CAST(${id(name)} AS ${sqlType(kind)})`
  const finite = (field: Field) => {
    if (field.kind === 'number') return `abs(${cast(field)}) < ${mostNumber}`
    if (field.kind === 'time') return `${cast(field)} BETWEEN ${firstMoment} AND ${lastMoment}`
    return field.kind === 'history' ? `abs(list_last(${cast(field)})) < ${mostNumber}` : 'true'
  }
  const counts = fields.flatMap((field, index) => [
    `count(${id(field.name)}) AS "present${index}"`,
    `count(${cast(field)}) AS "cast${index}"`,
    `count(*) FILTER (WHERE ${finite(field)} AND ${cast(field)} IS NOT NULL) AS "finite${index}"`,
  ])
  const [found] = await query(
    connection,
    `SELECT count(*) AS rows${counts.map((sql) => `, ${sql}`).join('')} FROM ${source}`,
  )
  const values = fields.map((field) => `CASE WHEN ${finite(field)} THEN ${cast(field)} END AS ${id(field.name)}`)
  await connection.run(
    `CREATE OR REPLACE TABLE ${to} AS SELECT 0 AS "#"${values.map((sql) => `, ${sql}`).join('')} FROM ${source}`,
  )
  const number = (column: string) => Number(found?.[column])
  const rows = number('rows')
  const of = (index: number) => ({
    missing: rows - number(`present${index}`),
    unreadable: number(`present${index}`) - number(`cast${index}`),
    notFinite: number(`cast${index}`) - number(`finite${index}`),
  })
  return { rows, counts: new Map(fields.map(({ name }, index) => [name, of(index)])) }
}
