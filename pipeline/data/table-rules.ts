import type { DuckDBConnection } from '@duckdb/node-api'
import type { RawFile } from './contract.ts'
import { identifier as id, literal, query } from './duckdb.ts'
import type { Search } from './findings.ts'
import { copyRepeated } from './repeated-keys.ts'
import type { Source } from './schema-sql.ts'
import { shown, shownTogether } from './shown.ts'

/**
 * What must hold between the rows of a loaded table (`#line` and a column for each field): one row a key, in the order of time, few values empty.
 * Rows whose key is there more than once are copied into a table of their own first, so that no window goes over all rows.
 */
export async function tableRules(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  source: Source,
): Promise<readonly Search[]> {
  const repeated = `${table} repeated`
  const twice =
    (await copyRepeated(connection, table, repeated, file, source)) === 0
      ? []
      : [...(others(file).length > 0 ? [conflicts(repeated, file)] : []), duplicates(repeated, file)]
  return [
    ...twice,
    ...((await ordered(connection, table, file)) ? [] : [disorder(table, file)]),
    ...missing(table, file),
  ]
}

/** Whether no row comes after one with a later time: seen from neighbours alone, without a sort. */
async function ordered(connection: DuckDBConnection, table: string, file: RawFile): Promise<boolean> {
  const time = id(file.time)
  const [row] = await query(
    connection,
    `SELECT count(*) AS later FROM (SELECT ${time} < lag(${time}) OVER () AS later FROM ${id(table)} WHERE ${time} IS NOT NULL) WHERE later`,
  )
  return row?.['later'] === 0
}

/** SQL: the rows of a table of repeated keys, each with the first row of its key (`#first`, the columns outside the key), and whether the two are equal throughout. */
function withFirst(repeated: string, file: RawFile): string {
  const content = `row(${Object.keys(file.schema.properties).map(id).join(', ')})`
  const first = others(file).map((field) => `${id(field)} := first_value(${id(field)}) OVER same`)
  return `SELECT *, first_value("#line") OVER same AS "#first line", ${content} = first_value(${content}) OVER same AS "#equal",
      struct_pack(${['"#line" := "#line"', ...first].join(', ')}) AS "#first"
    FROM ${id(repeated)} WINDOW same AS (PARTITION BY ${file.key.map(id).join(', ')} ORDER BY "#line")`
}

const others = (file: RawFile) => Object.keys(file.schema.properties).filter((field) => !file.key.includes(field))

function conflicts(table: string, file: RawFile): Search {
  const differences = others(file).map(
    (field) => `CASE WHEN ${id(field)} IS DISTINCT FROM "#first".${id(field)}
      THEN ${literal(`${field} `)} || ${shown(file.schema, field)} || ', there ' || ${shown(file.schema, field, `"#first".${id(field)}`)} END`,
  )
  return {
    file: file.path,
    rule: 'one key, two values',
    severity: 'error',
    what: `rows share their key (${file.key.join(', ')}) with an earlier row and say something else`,
    cure: 'find out at the source which of them is right and delete the other',
    select: `SELECT "#line" AS row, ${keyOf(file)} || ': unlike line ' || "#first line" || ': ' || concat_ws('; ', ${differences.join(', ')}) AS value
      FROM (${withFirst(table, file)}) WHERE NOT "#equal"`,
  }
}

function duplicates(table: string, file: RawFile): Search {
  return {
    file: file.path,
    rule: 'delivered twice',
    severity: 'warning',
    what: 'rows repeat an earlier row throughout',
    cure: 'none needed: ingest keeps one of them; look at the delivery if there are many',
    select: `SELECT "#line" AS row, ${keyOf(file)} || ', as line ' || "#first line" AS value FROM (${withFirst(table, file)}) WHERE "#equal" AND "#line" > "#first line"`,
  }
}

function disorder(table: string, file: RawFile): Search {
  const time = id(file.time)
  return {
    file: file.path,
    rule: 'out of order',
    severity: 'warning',
    field: file.time,
    what: `rows come after rows with a later ${file.time}`,
    cure: 'none needed: ingest sorts',
    // The table lies in the order of its lines, so that no window has to sort it.
    select: `SELECT "#line" AS row, ${shown(file.schema, file.time)} AS value
      FROM (SELECT "#line", ${time}, max(${time}) OVER (ROWS UNBOUNDED PRECEDING) AS "#latest" FROM ${id(table)}) WHERE ${time} < "#latest"`,
  }
}

function missing(table: string, file: RawFile): readonly Search[] {
  return Object.entries(file.tolerances).flatMap(([field, { missingShare }]) => {
    if (missingShare === undefined) return []
    const rows = `SELECT "#line" AS row, ${keyOf(file)} AS value FROM ${id(table)} WHERE ${id(field)} IS NULL`
    const share = `(SELECT count(*) FILTER (WHERE ${id(field)} IS NULL) / count(*) FROM ${id(table)})`
    const percent = `${Number((missingShare * 100).toPrecision(3))} %`
    const common = { file: file.path, rule: 'missing values', field }
    return [
      {
        ...common,
        severity: 'warning' as const,
        what: `${field} is empty, in no more than the ${percent} of the rows that are tolerated`,
        cure: 'none needed: ingest fills readings from the past and from the same day elsewhere, and leaves rows without a target out',
        select: `${rows} AND ${share} <= ${missingShare}`,
      },
      {
        ...common,
        severity: 'error' as const,
        what: `${field} is empty in more than ${percent} of the rows`,
        cure: `deliver the values, or raise missingShare of ${field} in pipeline/task/record.ts if the task can bear it`,
        select: `${rows} AND ${share} > ${missingShare}`,
      },
    ]
  })
}

const keyOf = (file: RawFile) => shownTogether(file.schema, file.key)
