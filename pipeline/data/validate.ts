import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import { InputError } from '../errors.ts'
import type { Params } from '../params.ts'
import { makeRecords } from '../task/ingest.ts'
import { historyDays, keyFields, rawFiles, recordSchema, target, timeField } from '../task/record.ts'
import { checksOf } from './checks.ts'
import { typedDays } from './clean.ts'
import type { RawFile } from './contract.ts'
import { loadRawFile } from './csv.ts'
import { dayRules, gatherDays } from './days.ts'
import { type Days, distributionFindings } from './distribution.ts'
import { identifier as id, openDatabase } from './duckdb.ts'
import { type DataReport, type Finding, find } from './findings.ts'
import { leakRules } from './leak-rules.ts'
import { inParts, type Loaded, load } from './load.ts'
import { sensorRules } from './sensor-rules.ts'
import { shownTogether } from './shown.ts'
import { requireSoundContracts } from './sound-contracts.ts'
import { absentSeries, type Span, spanOf, spanRules } from './span-rules.ts'
import { tableRules } from './table-rules.ts'
import { checkValues } from './value-rules.ts'

export type { DataReport } from './findings.ts'

/** Findings after which values cannot be read as their types, and series not be looked at. */
const unreadable = new Set(['type', 'format', 'required'])

/**
 * Checks the data under `root` against the contract in `pipeline/task/record.ts`: each raw file, and, when there is no error but missing days, the records that
 * ingest makes of them against `schema`. What is wrong with the data is a finding and not thrown; InputError is thrown for a check that names what the contract
 * does not have.
 */
export async function validateData(
  root: string,
  params: Params['validate_data'],
  schema: TObject = recordSchema,
): Promise<DataReport> {
  const { files, findings } = await checkRawFiles(root, params)
  // Records can be made over missing days, too: what is lost with them is told.
  const makeable = findings.every(({ severity, rule }) => severity === 'warning' || rule === 'missing days')
  const all = makeable ? [...findings, ...(await recordFindings(root, schema, params.max_shown))] : findings
  return { pass: all.every(({ severity }) => severity === 'warning'), files, findings: all }
}

/** Rows beyond this stay on disk while they are checked. */
const memory = '1GiB'

/**
 * The raw files alone: each one's structure, values, table, declared checks (`today` is what they call fresh) and sensors, and their distributions together.
 * Files of any size are checked in bounded memory: what does not fit is kept in `.mergeline/` meanwhile.
 */
export async function checkRawFiles(
  root: string,
  params: Params['validate_data'],
  today: Date = new Date(),
  contracts: { readonly [table: string]: RawFile } = rawFiles,
): Promise<Pick<DataReport, 'files' | 'findings'>> {
  requireSoundContracts(contracts)
  const findings: Finding[] = []
  const files: DataReport['files'][number][] = []
  using database = await openDatabase(join(root, 'data'), [], { memory, spill: join(root, '.mergeline', 'spill') })
  const { connection } = database
  const tables = []
  for (const [table, file] of Object.entries(contracts)) {
    tables.push({ table, file, structure: await load(connection, root, table, file, params.max_shown) })
  }
  const loaded = tables.filter(({ structure }) => structure.loaded)
  for (const { table, file } of loaded) await gatherDays(connection, table, file)
  const byDay: Days[] = []
  for (const { table, file, structure } of tables) {
    const { rows, sha256 } = structure
    files.push({ path: file.path, rows, ...(sha256 ? { sha256 } : {}) })
    findings.push(...structure.findings)
    if (!structure.loaded) continue
    const span = await spanOf(connection, loaded, file)
    const { found, days } = await checkTable(connection, table, file, structure, span, params.max_shown)
    findings.push(...inParts(found, structure, file))
    if (days !== undefined) byDay.push({ days, table, file })
    const declared = checksOf(table, new Map(loaded.map((each) => [each.table, each.file])), today)
    findings.push(...inParts(await find(connection, declared, params.max_shown), structure, file))
  }
  const distributions = await distributionFindings(connection, byDay, params.family_wise_error, params.max_shown)
  for (const { file, structure } of tables)
    findings.push(
      ...inParts(
        distributions.filter((finding) => finding.file === file.path),
        structure,
        file,
      ),
    )
  return { files, findings: findings.map((finding) => owned(finding, contracts)) }
}

/** The finding with its file's owner, where it has none of its own. */
function owned(finding: Finding, contracts: { readonly [table: string]: RawFile }): Finding {
  const of = ({ path }: RawFile) => finding.file === path || finding.file.startsWith(`${path}/`)
  const owner = finding.owner ?? Object.values(contracts).find(of)?.owner
  return owner === undefined ? finding : { ...finding, owner }
}

async function recordFindings(root: string, schema: TObject, maxShown: number): Promise<readonly Finding[]> {
  using database = await openDatabase(join(root, 'data'))
  return (await checkRecords(database.connection, root, schema, maxShown)).map((finding) => owned(finding, rawFiles))
}

/** What is found in one table by itself; `days` is its table by day, where its values could be read. */
async function checkTable(
  connection: DuckDBConnection,
  table: string,
  file: RawFile,
  { source }: Loaded,
  span: Span | undefined,
  maxShown: number,
): Promise<{ readonly found: readonly Finding[]; readonly days?: string }> {
  const values = await checkValues(
    connection,
    {
      table,
      schema: file.schema,
      source,
      mayBeEmpty: new Set(
        Object.keys(file.tolerances).filter((field) => file.tolerances[field]?.missingShare !== undefined),
      ),
      at: {
        file: file.path,
        prefix: '',
        cure: 'correct the value at its source; if it is right, mend the schema in pipeline/task/record.ts',
      },
    },
    maxShown,
  )
  const dates = await find(connection, await dayRules(connection, table, file), maxShown)
  const rules = [
    ...(await tableRules(connection, table, file, source)),
    ...(await spanRules(connection, table, file, span)),
  ]
  const between = await find(connection, rules, maxShown)
  const absent = await absentSeries(connection, table, file, maxShown)
  const findings = [...values, ...dates, ...between, ...absent]
  // A series that nobody knows could be any number of them, and each gets a row for each day.
  const unknown = values.some(({ field }) => field !== undefined && file.series.includes(field))
  if (unknown || dates.length > 0 || values.some(({ rule }) => unreadable.has(rule))) return { found: findings }
  // Without a rule that looks at days there is no need of a row for each.
  const looked = Object.keys(file.tolerances).length > 0 || file.checks?.some(({ kind }) => kind === 'distribution')
  if (!looked) return { found: findings }
  const days = `${table} by day`
  await typedDays(connection, table, days, file)
  return { found: [...findings, ...(await find(connection, sensorRules(days, table, file), maxShown))], days }
}

/**
 * The raw file that has the target, the key and the time: each record is of one of its rows. Throws InputError where the task declares none.
 */
export function targetFile(files: { readonly [table: string]: RawFile }): RawFile {
  const needed = [target.name, timeField, ...keyFields]
  const found = Object.values(files).find(({ schema }) => needed.every((field) => field in schema.properties))
  if (found) return found
  throw new InputError(
    `pipeline/task/record.ts: no file of rawFiles has the target with the fields that name a record (${[...new Set(needed)].join(', ')}); its rows are what records are made of`,
  )
}

/** Checks the records against their schema, that no row with a target was lost on the way, and that no number tells the target. Rows are those of the file with the target. */
async function checkRecords(
  connection: DuckDBConnection,
  root: string,
  schema: TObject,
  maxShown: number,
): Promise<readonly Finding[]> {
  const file = targetFile(rawFiles)
  await makeRecords(connection, join(root, 'data'))
  await loadRawFile(connection, 'rows with a target', root, file)
  await connection.run('ALTER TABLE records ADD COLUMN "#line" BIGINT')
  await connection.run('UPDATE records SET "#line" = "#" + 1')
  const { path } = file
  const values = await checkValues(
    connection,
    {
      table: 'records',
      schema,
      source: 'typed',
      at: {
        file: path,
        prefix: 'record: ',
        cure: 'compare what pipeline/task/ingest.ts makes of this row with recordSchema in pipeline/task/record.ts, and mend the one that is wrong',
      },
    },
    maxShown,
  )
  const key = keyFields.map(id)
  const lost = {
    file: path,
    rule: 'record: lost row',
    severity: 'error' as const,
    what: `rows with ${target.name}, after the first ${historyDays} days, became no record`,
    cure: 'deliver the other raw files for these days: a record needs a reading and a history from each',
    select: `SELECT "#" + 1 AS row, ${shownTogether(schema, keyFields)} AS value FROM "rows with a target"
      WHERE ${id(target.name)} IS NOT NULL AND CAST(${id(timeField)} AS DATE) >= (SELECT min(CAST(${id(timeField)} AS DATE)) + ${historyDays} FROM "rows with a target")
        AND (${key.join(', ')}) NOT IN (SELECT (${key.map((field) => `CAST(${field} AS VARCHAR)`).join(', ')}) FROM records)`,
  }
  const leaks = leakRules('records', path, schema, target.name)
  return [...values, ...(await find(connection, [lost, ...leaks], maxShown))]
}
