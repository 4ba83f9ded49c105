import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type TObject, type TSchema, Type } from 'typebox'
import { InputError } from '../errors.ts'
import { sha256OfFile } from '../files.ts'
import type { RawFile } from './contract.ts'
import { identifier as id, literal, query } from './duckdb.ts'
import { error, type Finding, printable } from './findings.ts'
import { checkHeader } from './header.ts'
import { hasParts, type Part, parquetRows, parquetShape, partsOf } from './parts.ts'
import { rulesOf, type Source } from './schema-sql.ts'
import { loadTable, type Structure } from './structure.ts'

/** A raw file as a table of the database. `parts` are its files, each with the rows before it, where it is a folder. */
export type Loaded = Structure & {
  readonly source: Source
  readonly parts?: readonly { readonly path: string; readonly before: number }[]
}

/** The types of Parquet that a field may have. */
const types: { readonly [type: string]: RegExp } = {
  number: /^(DOUBLE|FLOAT|DECIMAL.*|U?(TINY|SMALL|BIG)INT|U?INTEGER)$/,
  integer: /^(U?(TINY|SMALL)INT|U?INTEGER|BIGINT)$/,
  boolean: /^BOOLEAN$/,
  date: /^DATE$/,
  string: /^(VARCHAR|ENUM.*)$/,
}

/**
 * Loads a raw file for checking: one CSV file, one Parquet file, or a folder of parts. CSV becomes a table of text columns; Parquet stays where it is, behind a
 * view of typed columns, and streams. Both have `#` and `#line`, the row; of a folder it is counted over all parts (`inParts` turns it into a part's own).
 */
export async function load(
  connection: DuckDBConnection,
  root: string,
  table: string,
  file: RawFile,
  maxShown: number,
): Promise<Loaded> {
  if (!hasParts(root, file)) return { ...(await loadTable(connection, root, table, file, maxShown)), source: 'text' }
  let parts: readonly Part[]
  try {
    parts = partsOf(root, file)
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    return unloaded([
      error(file, 'not a table', cause.message, `give ${file.path} the form that its contract says`, [], maxShown),
    ])
  }
  if (parts.length === 0)
    return unloaded([
      error(file, 'empty file', 'the folder has no parts', 'deliver them as .csv or .parquet', [], maxShown),
    ])
  const loaded =
    parts[0]?.format === 'parquet'
      ? await loadParquet(connection, root, table, file, parts, maxShown)
      : await loadParts(connection, root, table, file, parts, maxShown)
  return loaded.rows === 0 && loaded.findings.length === 0
    ? {
        ...loaded,
        loaded: false,
        findings: [error(file, 'empty file', 'there are no rows', 'deliver them', [], maxShown)],
      }
    : loaded
}

/** Findings of a folder with each row as that of its part, which the value names. */
export function inParts(findings: readonly Finding[], { parts }: Loaded, file: RawFile): readonly Finding[] {
  if (!parts) return findings
  return findings.map((finding) => ({
    ...finding,
    shown: finding.shown.map(({ row, value }) => {
      const part = parts.findLast(({ before }) => before < row)
      return part
        ? { row: row - part.before, value: printable(`${part.path.slice(file.path.length + 1)}: ${value}`) }
        : { row, value }
    }),
  }))
}

const unloaded = (findings: readonly Finding[]): Loaded => ({ loaded: false, rows: 0, findings, source: 'text' })

/** The contract of one part: its folders' names give the other columns. */
function ofPart(file: RawFile, part: Part): RawFile {
  const fields = Object.entries(file.schema.properties as { [field: string]: TSchema }).filter(
    ([field]) => !Object.hasOwn(part.fixed, field),
  )
  return { ...file, path: part.path, schema: Type.Object(Object.fromEntries(fields)) as TObject }
}

async function loadParquet(
  connection: DuckDBConnection,
  root: string,
  table: string,
  file: RawFile,
  parts: readonly Part[],
  maxShown: number,
): Promise<Loaded> {
  const findings: Finding[] = []
  const rows: number[] = []
  const hash = createHash('sha256')
  for (const part of parts) {
    hash.update(await sha256OfFile(join(root, part.path)))
    try {
      const shape = await parquetShape(connection, root, part)
      rows.push(shape.rows)
      const contract = ofPart(file, part)
      findings.push(
        ...checkHeader(
          contract,
          shape.columns.map(({ name }) => name),
          maxShown,
        ),
        ...wrongTypes(contract, shape.columns),
        ...(await wrongNames(connection, file, part)),
      )
    } catch (cause) {
      const why = printable(String((cause as Error).message).split('\n')[0] ?? '')
      findings.push(
        error(
          { ...file, path: part.path },
          'not Parquet',
          `the file cannot be read as Parquet (${why})`,
          'restore it with `.venv/bin/dvc checkout --force data.dvc`, or deliver it anew',
          [],
          maxShown,
        ),
      )
    }
  }
  const total = rows.reduce((sum, count) => sum + count, 0)
  if (findings.length > 0) return { loaded: false, rows: total, findings, source: 'typed' }
  await connection.run(`CREATE OR REPLACE VIEW ${id(table)} AS ${parquetRows(root, parts, rows, file.schema)}`)
  return {
    loaded: true,
    rows: total,
    sha256: hash.digest('hex'),
    findings: [],
    source: 'typed',
    ...among(file, parts, rows),
  }
}

function wrongTypes(
  file: RawFile,
  columns: readonly { readonly name: string; readonly type: string }[],
): readonly Finding[] {
  return columns.flatMap(({ name, type }) => {
    const schema = file.schema.properties[name] as { type?: string; format?: string } | undefined
    const wanted = schema?.format === 'date' ? 'date' : (schema?.type ?? '')
    if (schema === undefined || types[wanted]?.test(type)) return []
    const what = `${name} is a column of ${type} where the schema has ${wanted}`
    return [
      {
        ...error(
          file,
          'type',
          what,
          `write ${name} as ${wanted}, or mend the schema in pipeline/task/record.ts`,
          [],
          1,
        ),
        field: name,
      },
    ]
  })
}

/** The columns that a Parquet part's folders give in words that are none of their types. */
async function wrongNames(connection: DuckDBConnection, file: RawFile, part: Part): Promise<readonly Finding[]> {
  const rules = rulesOf(file.schema, 'text').filter(
    ({ rule, field }) => ['type', 'format'].includes(rule) && Object.hasOwn(part.fixed, field),
  )
  const found: Finding[] = []
  for (const { rule, field, violation, what } of rules) {
    const named = `SELECT ${literal(part.fixed[field] as string)} AS ${id(field)}`
    const [row] = await query(connection, `SELECT ${violation} AS broken FROM (${named})`)
    if (row?.['broken'] !== true) continue
    const told = `${what}, which the name of its folder is not`
    const cure = `rename the folder ${printable(field)}=… of this part, or mend the schema in pipeline/task/record.ts`
    found.push({ ...error({ ...file, path: part.path }, rule, told, cure, [], 1), field })
  }
  return found
}

async function loadParts(
  connection: DuckDBConnection,
  root: string,
  table: string,
  file: RawFile,
  parts: readonly Part[],
  maxShown: number,
): Promise<Loaded> {
  const columns = Object.keys(file.schema.properties)
  await connection.run(
    `CREATE OR REPLACE TABLE ${id(table)} ("#" BIGINT, "#line" BIGINT, ${columns.map((name) => `${id(name)} VARCHAR`).join(', ')})`,
  )
  const findings: Finding[] = []
  const lines: number[] = []
  const hash = createHash('sha256')
  let [before, rows, loaded] = [0, 0, true]
  for (const part of parts) {
    const one = `${table} part`
    const structure = await loadTable(connection, root, one, ofPart(file, part), maxShown)
    findings.push(...structure.findings)
    hash.update(structure.sha256 ?? '')
    loaded &&= structure.loaded
    if (!structure.loaded) continue
    const values = columns.map((name) =>
      Object.hasOwn(part.fixed, name) ? literal(part.fixed[name] as string) : id(name),
    )
    await connection.run(
      `INSERT INTO ${id(table)} SELECT "#" + ${rows}, "#line" + ${before}, ${values.join(', ')} FROM ${id(one)} ORDER BY "#line"`,
    )
    const [last] = (await connection.runAndReadAll(`SELECT max("#line") FROM ${id(one)}`)).getRowsJS()
    lines.push(Number(last?.[0] ?? 1))
    before += lines.at(-1) as number
    rows += structure.rows
  }
  return { loaded, rows, sha256: hash.digest('hex'), findings, source: 'text', ...among(file, parts, lines) }
}

function among(file: RawFile, parts: readonly Part[], rows: readonly number[]): Pick<Loaded, 'parts'> {
  if (parts.length === 1 && parts[0]?.path === file.path) return {}
  let before = 0
  return {
    parts: parts.map(({ path }, index) => {
      const at = { path, before }
      before += rows[index] ?? 0
      return at
    }),
  }
}
