import { InputError } from '../errors.ts'
import type { Check, RawFile } from './contract.ts'

/** Throws InputError for a contract with a field that cannot be a column, or whose key, time, series or checks name a table or a field that the contracts do not have, or none where one is needed. */
export function requireSoundContracts(rawFiles: { readonly [table: string]: RawFile }): void {
  for (const [table, file] of Object.entries(rawFiles)) {
    requireColumns(`pipeline/task/record.ts: rawFiles.${table}.schema`, file)
    for (const [part, fields] of Object.entries({ key: file.key, time: [file.time], series: file.series })) {
      const at = `pipeline/task/record.ts: rawFiles.${table}.${part}`
      requireFields(at, file, fields)
      if (part !== 'series') requireSome(at, file, fields)
    }
    for (const [index, check] of (file.checks ?? []).entries()) {
      const at = `pipeline/task/record.ts: rawFiles.${table}.checks[${index}] (${check.kind})`
      requireFields(at, file, fieldsOf(check))
      if (check.kind !== 'fresh') requireSome(at, file, fieldsOf(check))
      if (check.kind === 'distribution') requireComparable(at, file, check)
      const other = otherOf(check)
      if (other === undefined) continue
      const known = Object.keys(rawFiles).filter((name) => name !== table)
      const otherFile = other.table === table ? undefined : rawFiles[other.table]
      if (!otherFile)
        throw new InputError(
          `${at}: ${other.table} is no other table of rawFiles; known: ${known.join(', ') || 'none'}`,
        )
      requireFields(at, otherFile, other.fields)
      if (check.kind !== 'fresh' && other.fields.length !== fieldsOf(check).length)
        throw new InputError(
          `${at}: both sides need as many fields, got ${fieldsOf(check).join(', ')} and ${other.fields.join(', ')}`,
        )
    }
  }
}

/** Of the database's own columns beside a file's, some begin with #, and one is DuckDB's; it takes names for the same that differ in case alone. */
function requireColumns(at: string, file: RawFile): void {
  const names = Object.keys(file.schema.properties)
  const taken = names.filter((name) => name.startsWith('#') || name.toLowerCase() === 'file_row_number')
  if (taken.length > 0)
    throw new InputError(
      `${at}: ${taken.join(', ')} cannot be a field: names with # at their beginning, and file_row_number, are taken; rename the column in ${file.path}`,
    )
  const twice = names.filter((name, index) =>
    names.slice(0, index).some((other) => other.toLowerCase() === name.toLowerCase()),
  )
  if (twice.length === 0) return
  throw new InputError(
    `${at}: ${twice.join(', ')} is a field already, but for capital letters; rename the column in ${file.path}`,
  )
}

function requireFields(at: string, file: RawFile, fields: readonly string[]): void {
  const known = Object.keys(file.schema.properties)
  const unknown = fields.filter((field) => !known.includes(field))
  if (unknown.length === 0) return
  throw new InputError(`${at}: ${unknown.join(', ')} is no field of ${file.path}; known: ${known.join(', ')}`)
}

function requireSome(at: string, file: RawFile, fields: readonly string[]): void {
  if (fields.length > 0) return
  throw new InputError(`${at}: no field is named; known: ${Object.keys(file.schema.properties).join(', ')}`)
}

function requireComparable(
  at: string,
  file: RawFile,
  { fields, days }: Extract<Check, { readonly kind: 'distribution' }>,
): void {
  const typeOf = (field: string) => (file.schema.properties[field] as { type?: string }).type ?? ''
  const wrong = fields.filter((field) => !['number', 'integer', 'boolean'].includes(typeOf(field)))
  if (wrong.length > 0) throw new InputError(`${at}: ${wrong.join(', ')} must be of numbers or booleans`)
  if (!(days >= 105 && days <= 365)) throw new InputError(`${at}: days must be from 105 to 365, got ${days}`)
}

function fieldsOf(check: Check): readonly string[] {
  if (check.kind === 'determined') return [check.field, ...check.by]
  if ('fields' in check) return check.fields
  return 'field' in check ? [check.field] : []
}

function otherOf(check: Check): { readonly table: string; readonly fields: readonly string[] } | undefined {
  if (check.kind === 'reference') return { table: check.table, fields: check.to }
  if (check.kind === 'disjoint') return { table: check.table, fields: check.from }
  if (check.kind === 'fresh' && check.against !== 'today') return { table: check.against, fields: [] }
  return undefined
}
