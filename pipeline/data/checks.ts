import type { Check, RawFile } from './contract.ts'
import { dayOf } from './days.ts'
import { identifier as id } from './duckdb.ts'
import type { Search } from './findings.ts'
import { seriesColumns, seriesName, seriesOf } from './series.ts'
import { shown, shownTogether } from './shown.ts'

type Files = ReadonlyMap<string, RawFile>
type Of<K extends Check['kind']> = Extract<Check, { readonly kind: K }>

/**
 * The declared checks of one loaded table (`#line`, and a column for each field), as searches. `files` are all loaded tables by name: a check against one that
 * could not be loaded is passed over, for that is a finding of its own. `today` is what `fresh` compares with.
 */
export function checksOf(table: string, files: Files, today: Date): readonly Search[] {
  const file = files.get(table)
  return (file?.checks ?? []).flatMap((check) => {
    const found = searchOf(check, table, file as RawFile, files, today)
    return found ? [{ ...found, file: (file as RawFile).path, severity: check.severity, owner: check.owner }] : []
  })
}

type Found = Pick<Search, 'rule' | 'field' | 'what' | 'cure' | 'select'>

function searchOf(check: Check, table: string, file: RawFile, files: Files, today: Date): Found | undefined {
  switch (check.kind) {
    case 'unique':
      return unique(check, table, file)
    case 'monotone':
      return monotone(check, table, file)
    case 'gaps':
      return gaps(check, table, file)
    case 'fresh':
      return fresh(check, table, file, files, today)
    case 'reference':
      return reference(check, table, file, files)
    case 'disjoint':
      return disjoint(check, table, file, files)
    case 'determined':
      return determined(check, table, file)
    case 'copied':
      return copied(check, table, file)
    case 'distribution':
      // Not by rows: see distribution.ts.
      return undefined
  }
}

function unique({ fields }: Of<'unique'>, table: string, file: RawFile): Found {
  const columns = fields.map(id).join(', ')
  return {
    rule: 'unique',
    ...one(fields),
    what: `rows have the same ${fields.join(', ')} as an earlier row, where each must have its own`,
    cure: 'deliver each row once; if the values may repeat, take the check out of pipeline/task/record.ts',
    select: `SELECT "#line" AS row, value || ', as line ' || first AS value FROM (
        SELECT "#line", ${shownTogether(file.schema, fields)} AS value, min("#line") OVER (PARTITION BY ${columns}) AS first
        FROM ${id(table)} WHERE (${columns}) IN (SELECT (${columns}) FROM ${id(table)} WHERE ${filled(fields)} GROUP BY ALL HAVING count(*) > 1))
      WHERE "#line" > first`,
  }
}

function monotone({ field, direction, strictly }: Of<'monotone'>, table: string, file: RawFile): Found {
  const wrong = `${direction === 'rising' ? '<' : '>'}${strictly ? '=' : ''}`
  const value = shown(file.schema, field)
  return {
    rule: 'monotone',
    field,
    what: `${field} must ${strictly ? 'always' : 'only'} ${direction === 'rising' ? 'rise' : 'fall'} along ${file.time} within a series`,
    cure: `correct ${field}, or find out at the source whether its counter was reset`,
    // Rows delivered twice are one.
    select: `SELECT row, name || ': ' || text || ' after ' || before AS value FROM (
        SELECT min("#line") AS row, any_value(${seriesName(file)}) AS name, ${value} AS text, ${ordered(file, field)} AS value,
          lag(${value}) OVER series AS before, lag(${ordered(file, field)}) OVER series AS previous
        FROM ${id(table)} WHERE ${ordered(file, field)} IS NOT NULL
        GROUP BY ${[...new Set([...file.series, file.time, field])].map(id).join(', ')}
        WINDOW series AS (PARTITION BY ${seriesColumns(file.series)} ORDER BY ${ordered(file, file.time)}, min("#line")))
      WHERE value ${wrong} previous`,
  }
}

function gaps({ field, most }: Of<'gaps'>, table: string, file: RawFile): Found {
  const value = shown(file.schema, field)
  const order = ordered(file, field)
  return {
    rule: 'gaps',
    field,
    what: `neighbouring values of ${field} within a series are more than ${most} apart`,
    cure: 'deliver the rows between; if there are none, raise most in pipeline/task/record.ts',
    select: `SELECT row, name || ': ' || before || ' to ' || text AS value FROM (
        SELECT min("#line") AS row, any_value(${seriesName(file)}) AS name, any_value(${value}) AS text, ${order} AS value,
          lag(any_value(${value})) OVER series AS before, lag(${order}) OVER series AS previous
        FROM ${id(table)} WHERE ${order} IS NOT NULL GROUP BY ${seriesColumns(file.series)}, ${order}
        WINDOW series AS (PARTITION BY ${seriesColumns(file.series)} ORDER BY ${order}))
      WHERE value - previous > ${Number(most)}`,
  }
}

function fresh(
  { days, against }: Of<'fresh'>,
  table: string,
  file: RawFile,
  files: Files,
  today: Date,
): Found | undefined {
  const other = files.get(against)
  if (against !== 'today' && !other) return undefined
  const now = other ? `(SELECT max(${dayOf(other)}) FROM ${id(against)})` : `DATE '${today.toISOString().slice(0, 10)}'`
  return {
    rule: 'fresh',
    field: file.time,
    what: `the newest row is more than ${days} days older than ${other ? `the newest of ${other.path}` : 'today'}`,
    cure: 'deliver the days since, or find out why deliveries have stopped',
    select: `SELECT row, day || ', ' || age || ' days' AS value FROM (
      SELECT arg_max("#line", ${dayOf(file)}) AS row, CAST(max(${dayOf(file)}) AS VARCHAR) AS day, ${now} - max(${dayOf(file)}) AS age FROM ${id(table)}) WHERE age > ${Number(days)}`,
  }
}

function reference({ fields, table: to, to: keys }: Of<'reference'>, table: string, file: RawFile, files: Files) {
  const other = files.get(to)
  if (!other) return undefined
  return {
    rule: 'reference',
    ...one(fields),
    what: `rows name a ${fields.join(', ')} that ${other.path} does not have`,
    cure: `deliver the rows of ${other.path} that are missing, or correct ${fields.join(', ')}`,
    select: `SELECT "#line" AS row, ${shownTogether(file.schema, fields)} AS value FROM ${id(table)}
      WHERE ${readable(file, fields)} AND (${values(file, fields)}) NOT IN (SELECT (${values(other, keys)}) FROM ${id(to)} WHERE ${readable(other, keys)})`,
  }
}

function disjoint({ fields, table: from, from: keys }: Of<'disjoint'>, table: string, file: RawFile, files: Files) {
  const other = files.get(from)
  if (!other) return undefined
  return {
    rule: 'disjoint',
    ...one(fields),
    what: `rows have a ${fields.join(', ')} that ${other.path} has, too: what is held out was seen before`,
    cure: `take these rows out of one of the two files`,
    select: `SELECT "#line" AS row, ${shownTogether(file.schema, fields)} AS value FROM ${id(table)}
      WHERE ${readable(file, fields)} AND (${values(file, fields)}) IN (SELECT (${values(other, keys)}) FROM ${id(from)} WHERE ${readable(other, keys)})`,
  }
}

function determined({ field, by }: Of<'determined'>, table: string, file: RawFile): Found {
  const usual = `mode(${shown(file.schema, field)}) OVER same`
  return {
    rule: 'determined',
    field,
    what: `rows with the same ${by.join(', ')} must have the same ${field}`,
    cure: `correct ${field} in these rows: most others with the same ${by.join(', ')} say otherwise`,
    select: `SELECT row, value FROM (
      SELECT "#line" AS row, ${shownTogether(file.schema, by)} || ': ' || ${shown(file.schema, field)} || ', most ' || ${usual} AS value, ${id(field)} <> mode(${id(field)}) OVER same AS other
      FROM ${id(table)} WHERE ${filled([field, ...by])} WINDOW same AS (PARTITION BY ${by.map(id).join(', ')})) WHERE other`,
  }
}

function copied({ fields, days }: Of<'copied'>, table: string, file: RawFile): Found {
  const content = `row(${fields.map((field) => ordered(file, field)).join(', ')})`
  const told = `name || ' to ' || CAST(day AS VARCHAR)`
  return {
    rule: 'copied',
    ...one(fields),
    what: `${days} days in a row repeat ${days} other days, value for value in ${fields.join(', ')}`,
    cure: 'deliver the true values of these days: a copy lets one side of a split know the other',
    select: `WITH days AS (
        SELECT ${seriesOf(file)} AS series, ${dayOf(file)} AS day, min("#line") AS line, any_value(${seriesName(file)}) AS name, any_value(${content}) AS content
        FROM ${id(table)} WHERE ${dayOf(file)} IS NOT NULL AND ${filled(fields)} GROUP BY ALL),
      runs AS (
        SELECT name, day, line, list(content) OVER run AS run, day - first_value(day) OVER run AS length FROM days
        WINDOW run AS (PARTITION BY series ORDER BY day ROWS BETWEEN ${Number(days) - 1} PRECEDING AND CURRENT ROW)),
      whole AS (SELECT name, day, line, hash(run) AS run FROM runs WHERE length = ${Number(days) - 1} AND len(run) = ${Number(days)} AND 2 * list_unique(run) > ${Number(days)})
      SELECT line AS row, ${told} || ', as ' || first AS value FROM (
        SELECT *, first_value(${told}) OVER same AS first, row_number() OVER same AS copy FROM whole WINDOW same AS (PARTITION BY run ORDER BY day, line))
      WHERE copy > 1`,
  }
}

/** SQL: a field's value as what it is, so that 1 and 1.0 are the same and 10 comes after 9. NULL where it is none. */
function ordered(file: RawFile, field: string): string {
  const { type, format } = file.schema.properties[field] as { type?: string; format?: string }
  if (type === 'number') return `TRY_CAST(${id(field)} AS DOUBLE)`
  if (type === 'integer') return `TRY_CAST(${id(field)} AS BIGINT)`
  return format === 'date' ? `TRY_CAST(${id(field)} AS DATE)` : id(field)
}

const values = (file: RawFile, fields: readonly string[]) => fields.map((field) => ordered(file, field)).join(', ')
const readable = (file: RawFile, fields: readonly string[]) =>
  fields.map((field) => `${ordered(file, field)} IS NOT NULL`).join(' AND ')
const filled = (fields: readonly string[]) => fields.map((field) => `${id(field)} IS NOT NULL`).join(' AND ')
/** The field that a finding concerns, where it is one. */
const one = (fields: readonly string[]) => (fields.length === 1 ? { field: fields[0] as string } : {})
