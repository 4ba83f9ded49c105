import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { loadCsv, mostRejects, readHeader } from './csv.ts'
import { identifier as id, query } from './duckdb.ts'
import { error, type Finding, find, printable } from './findings.ts'
import { checkHeader } from './header.ts'
import { type Lines, longestLine, scanLines } from './lines.ts'
import { kindOf, notPlain } from './plain-files.ts'
import { shownLine } from './shown.ts'

/** A file's shape: whether it is a table at all. `loaded` when its rows are in the database's table and can be checked further. */
export type Structure = {
  readonly loaded: boolean
  readonly rows: number
  readonly sha256?: string
  readonly findings: readonly Finding[]
}

/**
 * Loads a raw file into the table `table`: every column as text, and `#line`, the line in the file. Reports what is no table: a missing or empty file,
 * a header that is not the schema's, lines that are no rows.
 */
export async function loadTable(
  connection: DuckDBConnection,
  root: string,
  table: string,
  file: RawFile,
  maxShown: number,
): Promise<Structure> {
  const path = join(root, file.path)
  const restore = `restore the file with \`.venv/bin/dvc checkout --force data.dvc\`, or deliver it anew`
  const folderKind = kindOf(dirname(path))
  if (folderKind !== undefined && folderKind !== 'folder') {
    const { what, cure } = notPlain(folderKind, 'folder')
    return broken(file, 'not a plain file', `${dirname(file.path)} ${what}`, cure)
  }
  const kind = kindOf(path)
  if (kind !== undefined && kind !== 'file') {
    const { what, cure } = notPlain(kind, 'file')
    return broken(file, 'not a plain file', `it ${what}`, cure)
  }
  if (kind === undefined) {
    const away = folderKind === 'folder' ? 'the file' : 'the folder data/'
    return broken(
      file,
      'missing file',
      `${away} is missing`,
      'run `.venv/bin/dvc pull`, which brings the data that data.dvc names',
    )
  }
  const lines = await scanLines(path)
  const asCsv = `save it as UTF-8 CSV with commas and a line for each row; or ${restore}`
  if (lines.long !== null) {
    const what = `the file is no CSV: line ${lines.long} has more than ${longestLine} bytes`
    return broken(file, 'not CSV', what, asCsv, lines, [{ row: lines.long, value: '' }])
  }
  const header = lines.bytes === 0 ? [] : readHeader(path)
  if (header.length === 0) return broken(file, 'empty file', 'the file is empty', restore, lines)
  if (lines.open !== null) {
    const cure = 'close the quotes, and take line breaks out of values: a row is one line'
    return broken(file, 'open quotes', 'a quoted value goes on over the end of its line', cure, lines, [
      { row: lines.open, value: '' },
    ])
  }
  const headerFindings = checkHeader(file, header, maxShown)
  // With a wrong header every row would be told as wrong, too.
  if (headerFindings.length > 0) {
    return { loaded: false, rows: 0, sha256: lines.sha256, findings: headerFindings }
  }
  try {
    await loadCsv(connection, table, path, header, 'keep')
  } catch (cause) {
    const why = printable(String((cause as Error).message).split('\n')[0] ?? '')
    return broken(file, 'not CSV', `the file cannot be read as CSV (${why})`, asCsv, lines)
  }
  const rejected = await rejects(connection, file, maxShown)
  // Beyond the list nobody knows which line a row is on.
  if (rejected.full) return { loaded: false, rows: 0, sha256: lines.sha256, findings: rejected.findings }
  const blank = lines.blank.map((row) => ({ row, value: '' }))
  const excluded = [...lines.blank, ...rejected.lines].sort((a, b) => a - b)
  if (excluded.length > 0) await numberLines(connection, table, excluded)
  const [count] = await query(connection, `SELECT count(*) AS rows FROM ${id(table)}`)
  const rows = Number(count?.['rows'])
  if (rows === 0 && rejected.findings.length === 0) {
    return broken(file, 'empty file', 'the file has a header and no rows', restore, lines)
  }
  const blankFinding = error(
    file,
    'blank line',
    'lines are blank',
    'delete the blank lines, or deliver the rows that were lost there',
    blank,
    maxShown,
  )
  const findings = [...rejected.findings, ...(blank.length > 0 ? [blankFinding] : [])]
  return { loaded: true, rows, sha256: lines.sha256, findings }
}

/** The lines that DuckDB could not read as rows. */
async function rejects(connection: DuckDBConnection, file: RawFile, maxShown: number) {
  const all = await query(connection, 'SELECT line, count(*) AS errors FROM reject_errors GROUP BY line ORDER BY line')
  const full = all.reduce((sum, { errors }) => sum + Number(errors), 0) >= mostRejects
  const select = `SELECT line AS row, ${shownLine(file.schema, 'trim(any_value(csv_line), chr(10) || chr(13))')} AS value FROM reject_errors GROUP BY line`
  const what = `${full ? 'very many ' : ''}lines are no rows: more or fewer values than the header has columns, quotes within a value, or not UTF-8`
  const cure = 'give each line one value a column, in the order of the header; double the quotes within quoted values'
  const findings = await find(
    connection,
    [{ file: file.path, rule: 'not a row', severity: 'error', what, cure, select }],
    maxShown,
  )
  await connection.run('DROP TABLE IF EXISTS reject_errors')
  await connection.run('DROP TABLE IF EXISTS reject_scans')
  return { lines: all.map(({ line }) => Number(line)), full, findings }
}

/** Makes `#line` of a loaded table the line in the file where lines were left out that are no rows: they count, too. */
async function numberLines(connection: DuckDBConnection, table: string, excluded: readonly number[]): Promise<void> {
  // Before the k-th line that is no row lie (its line − 1 for the header − k) rows.
  const before = excluded.map((line, index) => line - 2 - index)
  const skipped = `len(list_filter([${before.join(', ')}]::BIGINT[], lambda rows: rows < "#"))`
  await connection.run(
    `CREATE OR REPLACE TABLE ${id(table)} AS SELECT * REPLACE ("#line" + ${skipped} AS "#line") FROM ${id(table)} ORDER BY "#"`,
  )
}

function broken(
  file: RawFile,
  rule: string,
  what: string,
  cure: string,
  lines?: Lines,
  shown: Finding['shown'] = [],
): Structure {
  const findings = [error(file, rule, what, cure, shown, 1)]
  return { loaded: false, rows: 0, ...(lines ? { sha256: lines.sha256 } : {}), findings }
}
