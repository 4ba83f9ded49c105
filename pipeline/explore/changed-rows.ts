import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from '../data/contract.ts'
import { identifier as id, query, type Rows } from '../data/duckdb.ts'
import { type Field, fieldsOf } from './fields.ts'
import { loadFields, presentIn } from './load.ts'
import { keyOf } from './outliers.ts'
import { openScratchDatabase } from './scratch.ts'
import { number } from './wording.ts'

/** Rows whose key only one of the versions has; the first and last of their moments, where the time may be told. */
export type Came = { readonly rows: number; readonly span?: { readonly from: string; readonly to: string } }

/** A field in the rows that both versions have. */
export type ValueChange = {
  readonly field: string
  /** Rows in which it differs; in some of them one of the two values is missing. */
  readonly rows: number
  /** Of numbers, now − before: on average, and at the most either way. */
  readonly difference?: { readonly mean: number; readonly most: number }
  /** The rows that differ most, each by its key. */
  readonly examples: readonly { readonly key: string; readonly before: string; readonly now: string }[]
}

export type RowChanges =
  /** Why rows cannot be told apart. */
  | { readonly unknown: string }
  | {
      readonly added: Came
      readonly removed: Came
      /** Rows that both versions have, and those of them that differ in a field that may be looked at. */
      readonly both: number
      readonly changed: number
      /** Those that differ in any row, in most rows first. */
      readonly fields: readonly ValueChange[]
    }

const mostExamples = 3
const longestValue = 60

/**
 * What became of each row of a raw file, from the data under `before` to those under `now`: rows are the same that have the same key. On disk, in 1 GiB of memory at most; nothing of a private field is read,
 * so where the key has one, it is only said. Of rows that share a key, the least value of each field stands for all.
 */
export async function rowChanges(before: string, now: string, file: RawFile): Promise<RowChanges> {
  const { fields: all, hidden } = fieldsOf(file.schema)
  const secret = file.key.filter((name) => hidden.includes(name))
  if (secret.length > 0) return { unknown: `${secret.join(', ')}, of its key, is private` }

  await using database = await openScratchDatabase(join(before, 'data'), join(now, 'data'))
  const { connection } = database
  const fields = await presentIn(connection, before, file, all)
  const lacking = file.key.filter((name) => !fields.some((field) => field.name === name))
  if (lacking.length > 0) return { unknown: `it had no ${lacking.join(', ')}, of its key` }

  await connection.run('CREATE SCHEMA explored')
  await loadKeyed(connection, 'explored.before', before, file, fields)
  await loadKeyed(connection, 'explored.now', now, file, fields)
  const values = fields.filter(({ name }) => !file.key.includes(name))
  const same = file.key.map((name) => `b.${id(name)} IS NOT DISTINCT FROM n.${id(name)}`).join(' AND ')
  const differs = values.map(({ name }) => `b.${id(name)} IS DISTINCT FROM n.${id(name)}`).join(' OR ')
  const pairs = [
    ...file.key.map((name) => `n.${id(name)} AS ${id(name)}`),
    ...values.flatMap(({ name }, at) => [`b.${id(name)} AS "#before${at}"`, `n.${id(name)} AS "#now${at}"`]),
  ]
  await connection.run(
    `CREATE TABLE explored.changed AS SELECT ${pairs.join(', ')} FROM explored.before b JOIN explored.now n ON ${same} WHERE ${differs || 'false'}`,
  )
  const [counts] = await query(
    connection,
    `SELECT (SELECT count(*) FROM explored.before b SEMI JOIN explored.now n ON ${same}) AS both, (SELECT count(*) FROM explored.changed) AS changed`,
  )
  const isTimed = fields.some(({ name, kind }) => name === file.time && kind === 'time')
  const only = async (there: string, elsewhere: string): Promise<Came> => {
    const span = isTimed ? `, min(b.${id(file.time)}) AS "from", max(b.${id(file.time)}) AS "to"` : ''
    const [found] = await query(
      connection,
      `SELECT count(*) AS rows${span} FROM explored.${there} b ANTI JOIN explored.${elsewhere} n ON ${same}`,
    )
    const [rows, from, to] = [Number(found?.['rows']), found?.['from'], found?.['to']]
    return { rows, ...(from && to ? { span: { from: dayOf(from), to: dayOf(to) } } : {}) }
  }
  return {
    added: await only('now', 'before'),
    removed: await only('before', 'now'),
    both: Number(counts?.['both']),
    changed: Number(counts?.['changed']),
    fields: await valueChanges(connection, fields, file.key),
  }
}

/** The raw file with one row for each key. */
async function loadKeyed(
  connection: DuckDBConnection,
  to: string,
  root: string,
  file: RawFile,
  fields: readonly Field[],
): Promise<void> {
  await loadFields(connection, 'explored.loaded', root, file, fields)
  const keys = file.key.map(id).join(', ')
  const others = fields
    .filter(({ name }) => !file.key.includes(name))
    .map(({ name }) => `min(${id(name)}) AS ${id(name)}`)
  await connection.run(
    `CREATE TABLE ${to} AS SELECT ${[keys, ...others].join(', ')} FROM explored.loaded GROUP BY ${keys}`,
  )
  await connection.run('DROP TABLE explored.loaded')
}

async function valueChanges(
  connection: DuckDBConnection,
  fields: readonly Field[],
  key: readonly string[],
): Promise<readonly ValueChange[]> {
  const values = fields.filter(({ name }) => !key.includes(name))
  const found: ValueChange[] = []
  for (const [at, { name: field, kind }] of values.entries()) {
    const [before, now] = [`"#before${at}"`, `"#now${at}"`]
    const gap = kind === 'number' ? `${now} - ${before}` : 'NULL::DOUBLE'
    const from = `FROM explored.changed WHERE ${before} IS DISTINCT FROM ${now}`
    const [sums] = await query(
      connection,
      `SELECT count(*) AS rows, avg(${gap}) AS mean, arg_max(${gap}, abs(${gap})) AS most ${from}`,
    )
    const rows = Number(sums?.['rows'])
    if (rows === 0) continue
    const text = (sql: string) => (kind === 'number' ? sql : `left(CAST(${sql} AS VARCHAR), ${longestValue})`)
    const examples = await query(
      connection,
      `SELECT left(${keyOf(fields, key)}, ${longestValue}) AS "key", ${text(before)} AS before, ${text(now)} AS now ${from}
       ORDER BY abs(${gap}) DESC NULLS LAST, ${key.map(id).join(', ')} LIMIT ${mostExamples}`,
    )
    const { mean, most } = { mean: sums?.['mean'], most: sums?.['most'] }
    found.push({
      field,
      rows,
      ...(typeof mean === 'number' && typeof most === 'number' ? { difference: { mean, most } } : {}),
      examples: examples.map(exampleOf),
    })
  }
  return found.toSorted((a, b) => b.rows - a.rows)
}

function exampleOf({ key, before, now }: Rows[number]) {
  const told = (value: unknown, format: (value: number) => string) =>
    value === null ? 'missing' : typeof value === 'number' ? format(value) : String(value)
  const both = (format: (value: number) => string) => ({ before: told(before, format), now: told(now, format) })
  const rounded = both(number)
  // Rounded for people, two numbers that differ may look the same.
  return { key: String(key), ...(rounded.before === rounded.now ? both(String) : rounded) }
}

const dayOf = (moment: unknown) => (moment instanceof Date ? moment.toISOString() : String(moment)).slice(0, 10)
