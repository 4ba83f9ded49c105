import { type Database, literal, openDatabase } from '../data/duckdb.ts'
import { InputError } from '../errors.ts'
import { fieldsOf } from './line.ts'
import { logsOf } from './logs.ts'
import { headOf, segmentsOf } from './segments.ts'

/** The columns of the view `audit`, in their order: what a line's fields are called, and what of, for each. */
const columns = {
  at: 'TIMESTAMPTZ',
  kind: 'VARCHAR',
  id: 'VARCHAR',
  request: 'VARCHAR',
  index: 'INTEGER',
  entity: 'VARCHAR',
  key: 'VARCHAR',
  environment: 'VARCHAR',
  arm: 'VARCHAR',
  model: 'VARCHAR',
  image: 'VARCHAR',
  input: 'JSON',
  output: 'DOUBLE',
  route: 'VARCHAR',
  status: 'INTEGER',
  detail: 'VARCHAR',
  ms: 'DOUBLE',
  n: 'BIGINT',
} as const

/** What of the records is asked for; times as ISO 8601. */
export type Filter = {
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** A model's digest, or the beginning of it. */
  readonly digest?: string | undefined
  readonly entity?: string | undefined
  /** The id of a prediction or of a request. */
  readonly id?: string | undefined
}

// Servers' clocks are set now and then: segments are chosen with room to spare.
const spareMs = 3_600_000

/**
 * Opens a database with the view `audit` over the records of all logs in `folder`, of which those are read that may hold a time between `since` and `until`. `time` is the event
 * time; `log` and `segment` tell where a record is. It can read the folder, write `output`, and nothing else. Whether the records are what was written, only `verifyLog` tells.
 */
export async function openAuditView(folder: string, filter: Filter, output?: string): Promise<Database> {
  const files = await filesOf(folder, filter)
  const database = await openDatabase(folder, output === undefined ? [] : [output])
  const types = Object.entries(columns).map(([name, type]) => `"${name}": '${type}'`)
  const [at, ...names] = Object.keys(columns)
  await database.connection.run(
    `CREATE VIEW audit AS SELECT "${at}" AS time, ${names.map((name) => `"${name}"`).join(', ')},
       parse_filename(parse_dirpath(filename)) AS log, parse_filename(filename) AS segment
     FROM read_json([${files.map(literal).join(', ')}], format = 'newline_delimited', ignore_errors = true, filename = true,
       columns = {${types.join(', ')}})
     WHERE kind IN ('prediction', 'refusal')`,
  )
  return database
}

/** The SQL of a filter, to stand after WHERE. */
export function whereOf({ since, until, digest, entity, id }: Filter): string {
  const all = [
    since && `time >= ${literal(timeOf(since, 'since'))}::TIMESTAMPTZ`,
    until && `time < ${literal(timeOf(until, 'until'))}::TIMESTAMPTZ`,
    digest && `starts_with(model, ${literal(digest)})`,
    entity && `entity = ${literal(entity)}`,
    id && `(id = ${literal(id)} OR request = ${literal(id)})`,
  ]
  return all.filter((one) => one).join(' AND ') || 'true'
}

async function filesOf(folder: string, { since, until }: Filter): Promise<readonly string[]> {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(timeOf(since, 'since')) - spareMs
  const to = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(timeOf(until, 'until')) + spareMs
  const files: string[] = []
  for (const log of await logsOf(folder)) {
    const segments = await segmentsOf(log)
    const begun = await Promise.all(segments.map(({ file }) => begunAt(file)))
    for (const [index, { file }] of segments.entries()) {
      const [begins, ends] = [begun[index] ?? Number.NaN, begun[index + 1] ?? Number.NaN]
      // A time that cannot be told excludes nothing.
      if (!(ends < from) && !(begins > to)) files.push(file)
    }
  }
  if (files.length > 0) return files
  const first = (await segmentsOf((await logsOf(folder))[0] as string))[0]
  return first ? [first.file] : []
}

/** When a segment was begun, in ms of the Unix epoch; NaN where its first line is damaged. */
async function begunAt(file: string): Promise<number> {
  const head = await headOf(file)
  return head ? Date.parse(String(fieldsOf(head)['at'])) : Number.NaN
}

/** A time as it was given on the command line, in full. Throws InputError for what is none. */
function timeOf(text: string, option: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text) ? new Date(text) : undefined
  if (time === undefined || Number.isNaN(time.getTime()))
    throw new InputError(`--${option} must be a time such as 2026-07-01 or 2026-07-01T12:00:00Z, got ${text}`)
  return time.toISOString()
}
