import { hasPrivate, hidden } from '../private.ts'
import type { RawFile } from './contract.ts'
import { error, type Finding, printable } from './findings.ts'

/** Compares a file's header with its schema: columns may stand in any order, but all must be there, once, and no others. */
export function checkHeader(file: RawFile, header: readonly string[], maxShown: number): readonly Finding[] {
  const wanted = Object.keys(file.schema.properties)
  // Without any known column the first line is perhaps no header but a row, with private values.
  const mayBeRow = hasPrivate(file.schema) && !header.some((column) => wanted.includes(column))
  const told = (text: string) => (mayBeRow ? hidden : printable(text))
  const shown = (columns: readonly string[]) => columns.map((value) => ({ row: 1, value: told(value) }))
  const missing = wanted.filter((column) => !header.includes(column))
  const nameless = header.flatMap((column, index) => (column.trim() === '' ? [index + 1] : []))
  const unknown = header.filter((column) => column.trim() !== '' && !wanted.includes(column))
  const seen = new Set<string>()
  const twice = header.filter((column) => {
    const name = column.trim().toLowerCase()
    return name !== '' && seen.size === seen.add(name).size
  })
  const findings: Finding[] = missing.map((field) => ({
    ...error(
      file,
      'missing column',
      `the column ${field} is missing; the header is ${told(header.join(','))}`,
      `add the column ${field} to the file, under this very name`,
      shown([header.join(',')]),
      maxShown,
    ),
    field,
  }))
  if (nameless.length > 0) {
    const columns = nameless.map((column) => ({ row: 1, value: `column ${column}` }))
    const cure = 'remove the column, or the comma that begins it, from every line'
    findings.push(error(file, 'column without a name', 'a column has no name', cure, columns, maxShown))
  }
  if (twice.length > 0)
    findings.push(
      error(file, 'column twice', 'two columns have the same name', 'keep one of them', shown(twice), maxShown),
    )
  if (unknown.length > 0) {
    const cure = `remove the column from the file, or add it to rawFiles in pipeline/task/record.ts (columns known there: ${wanted.join(', ')})`
    findings.push(error(file, 'unknown column', 'a column is not in the schema', cure, shown(unknown), maxShown))
  }
  return findings
}
