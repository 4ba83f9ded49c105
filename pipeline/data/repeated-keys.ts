import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { identifier as id, query } from './duckdb.ts'
import type { Source } from './schema-sql.ts'

/** So many of the first rows tell whether a table lies in the order of its key: no more than `mostBackwards` of them are not above the row before. */
const firstRows = 10_000
const mostBackwards = 100
/** More pieces than this lie all over a table's keys: to ask of each row whether it is between them would be for nothing. */
const mostPieces = 10_000

/** SQL: expressions of which the first that differs decides which of two keys is above the other. Keys that are the same differ in none. */
type Order = readonly string[]

/**
 * Copies the rows of `table` whose key is there more than once into the table `to`, and answers how many there are; without any, `to` may be missing.
 *
 * To group all rows by their key costs most, and most files lie in its order, or nearly so. Split such a table before each row that is not above the row before
 * it: keys rise within each piece, so a key that comes again does so in a piece that is not the first. It is not below that piece's first row, and not above
 * the greatest last row of the pieces before. So only rows from the least first row up to the greatest row before one are grouped; without such rows, none.
 */
export async function copyRepeated(
  connection: DuckDBConnection,
  table: string,
  to: string,
  file: RawFile,
  source: Source,
): Promise<number> {
  const among = await whereRepeated(connection, table, file, source)
  if (among === undefined) return 0
  const keys = file.key.map(id).join(', ')
  await connection.run(
    `CREATE OR REPLACE TABLE ${id(to)} AS SELECT * FROM ${id(table)}
     WHERE ${among} AND (${keys}) IN (SELECT (${keys}) FROM ${id(table)} WHERE ${among} GROUP BY ${keys} HAVING count(*) > 1)`,
  )
  const [found] = await query(connection, `SELECT count(*) AS rows FROM ${id(to)}`)
  return Number(found?.['rows'])
}

/** SQL that is true of all rows whose key is there more than once, and of as few others as can be told from neighbours; undefined where no key is. */
async function whereRepeated(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  source: Source,
): Promise<string | undefined> {
  const order = await orderOf(connection, table, file, source)
  if (order === undefined) return 'true'
  const [own, before] = [namesOf('own', order), namesOf('before', order)]
  // What is empty is neither above nor below another: with such a row, all rows are grouped.
  const empty = own.map((term) => `${term} IS NULL`).join(' OR ')
  await connection.run(
    `SET VARIABLE bounds = (SELECT {pieces: count(*), empty: bool_or(${empty}), least: min(${own[0]}), most: max(${before[0]})}
     FROM ${neighbours(id(table), order)} WHERE ${empty} OR NOT (${isAbove(own, before)}))`,
  )
  const [found] = await query(
    connection,
    `SELECT getvariable('bounds').pieces AS pieces, getvariable('bounds').empty AS empty`,
  )
  const pieces = Number(found?.['pieces'])
  if (pieces === 0) return undefined
  return pieces > mostPieces || found?.['empty'] === true
    ? 'true'
    : `${order[0]} BETWEEN getvariable('bounds').least AND getvariable('bounds').most`
}

/** The order of its key that a table's first rows lie in best, each field of the key tried as the one that decides; undefined where they lie in none. */
async function orderOf(
  connection: DuckDBConnection,
  table: string,
  { key, schema }: RawFile,
  source: Source,
): Promise<Order | undefined> {
  const term = (field: string) => {
    const { type } = schema.properties[field] as { type?: string }
    // Numbers rise otherwise than their text does.
    return source === 'text' && type === 'integer' ? `TRY_CAST(${id(field)} AS BIGINT)` : id(field)
  }
  const first = `(SELECT * FROM ${id(table)} LIMIT ${firstRows})`
  let best: { readonly order: Order; readonly backwards: number } | undefined
  for (const field of key) {
    const order = [field, ...key.filter((other) => other !== field)].map(term)
    const above = isAbove(namesOf('own', order), namesOf('before', order))
    const [found] = await query(
      connection,
      `SELECT count(*) AS backwards FROM ${neighbours(first, order)} WHERE NOT (${above})`,
    )
    const backwards = Number(found?.['backwards'])
    if (backwards <= mostBackwards && backwards < (best?.backwards ?? Infinity)) best = { order, backwards }
    if (backwards === 0) break
  }
  return best?.order
}

const namesOf = (whose: 'own' | 'before', order: Order): Order => order.map((_, n) => `"#${whose}${n}"`)

/** SQL: each row's key (`#own0` …), and that of the row before it (`#before0` …), without a sort. */
function neighbours(from: string, order: Order): string {
  const own = namesOf('own', order)
  const before = namesOf('before', order).map((name, n) => `lag(${own[n]}) OVER () AS ${name}`)
  return `(SELECT *, ${before.join(', ')} FROM (SELECT ${order.map((term, n) => `${term} AS ${own[n]}`).join(', ')} FROM ${from}))`
}

/** SQL: whether a key comes after the other. Written out, for DuckDB takes much longer to compare rows. */
function isAbove([own, ...others]: Order, [before, ...thanOthers]: Order): string {
  return others.length === 0
    ? `${own} > ${before}`
    : `${own} > ${before} OR ${own} = ${before} AND (${isAbove(others, thanOthers)})`
}
