import { extname, resolve } from 'node:path'
import type { TSchema } from 'typebox'
import { type Database, identifier, literal, openDatabase, query } from '../data/duckdb.ts'
import { InputError } from '../errors.ts'
import { compile } from '../schema.ts'

type Field = { readonly type?: string }
type RecordSchema = { readonly properties?: { readonly [field: string]: Field }; readonly required?: readonly string[] }

/** A file of records, CSV with a header or Parquet, and what of it is a record. */
export type Table = {
  readonly database: Database
  /** The file in SQL. */
  readonly from: string
  readonly rows: number
  /** The records, some thousand at a time, in the file's order. Throws InputError naming row, field and what is allowed. */
  readonly records: () => AsyncIterable<readonly object[]>
}

/** The format of a file by its name. Throws InputError for another than CSV and Parquet. */
export function formatOf(file: string, option: string): 'csv' | 'parquet' {
  const ending = extname(file).toLowerCase()
  if (ending === '.csv' || ending === '.parquet') return ending === '.csv' ? 'csv' : 'parquet'
  throw new InputError(`${option} must end in .csv or .parquet, got ${file}`)
}

/**
 * Opens a file of records, to be read in one go from its beginning to its end, whatever its size. A CSV file's texts are read as the schema says, arrays as JSON; columns that are
 * no field of a record are left alone. `beside` is the other file that may be written. Throws InputError where the file cannot be read, or lacks a field.
 */
export async function openTable(file: string, beside: string, recordSchema: object): Promise<Table> {
  const path = resolve(file)
  const format = formatOf(path, '--input')
  const { properties = {}, required = [] } = recordSchema as RecordSchema
  const database = await openDatabase('/nowhere', [path, beside])
  const { connection } = database
  try {
    const from =
      format === 'csv'
        ? `read_csv(${literal(path)}, all_varchar = true, header = true)`
        : `read_parquet(${literal(path)})`
    const described = await query(connection, `DESCRIBE SELECT * FROM ${from}`).catch((cause: Error) => {
      throw new InputError(`${file} cannot be read: ${cause.message.split('\n')[0]}`, { cause })
    })
    const columns = described.map((column) => String(column['column_name']))
    const missing = required.filter((field) => !columns.includes(field))
    if (missing.length > 0) throw new InputError(`${file} has no column ${missing.join(', ')}; a record needs it`)
    const fields = Object.keys(properties).filter((field) => columns.includes(field))
    const [counted] = await query(connection, `SELECT count(*) AS n FROM ${from}`)
    const selected = fields.map((field) => identifier(field)).join(', ')
    const sql = `SELECT to_json(struct_pack(${fields.map((field) => `${identifier(field)} := ${identifier(field)}`).join(', ')}))::VARCHAR AS record FROM (SELECT ${selected} FROM ${from})`
    const check = compile(recordSchema as TSchema)

    async function* records(): AsyncIterable<readonly object[]> {
      let row = 0
      const result = await connection.stream(sql)
      for await (const rows of result.yieldRowsJs()) {
        yield rows.map(([text]) => {
          row += 1
          return recordOf(JSON.parse(String(text)), row)
        })
      }
    }

    function recordOf(told: { [field: string]: unknown }, row: number): object {
      for (const field of fields) {
        if (told[field] === null) delete told[field]
        else if (typeof told[field] === 'string') told[field] = typed(told[field], properties[field]?.type)
      }
      if (check(told)) return told
      const [error] = check.errors ?? []
      const name = error?.instancePath.slice(1).replaceAll('/', '.') || String(error?.params['missingProperty'] ?? '')
      throw new InputError(`${file}: row ${row}: ${name} ${error?.message}; nothing was written`)
    }
    return { database, from, rows: Number(counted?.['n']), records }
  } catch (error) {
    database[Symbol.dispose]()
    throw error
  }
}

/** A text as the schema wants it; one that is no such thing stays a text, which the check then refuses. */
function typed(text: string, type: string | undefined): unknown {
  if (type === 'number' || type === 'integer') return text.trim() === '' ? text : Number(text)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type !== 'array' && type !== 'object') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
