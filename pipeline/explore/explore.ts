import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TObject } from 'typebox'
import type { RawFile } from '../data/contract.ts'
import { InputError } from '../errors.ts'
import { isPrivate } from '../private.ts'
import { correlations, historyLags } from './associations.ts'
import { type Distribution, distributions, type Grid, gridOf } from './distributions.ts'
import type { Bin, Exploration, FieldExploration, FieldKind, Outliers, TableExploration } from './exploration.ts'
import { type Field, fieldsOf } from './fields.ts'
import { type Loaded, loadFields, loadTable, presentIn } from './load.ts'
import { keyOf, outliers } from './outliers.ts'
import { bucketsOf, overTime } from './over-time.ts'
import { openScratchDatabase } from './scratch.ts'
import { type Summary, summaries } from './summary.ts'

/** What is explored, as `pipeline/task` says it. */
export type Subject = {
  readonly rawFiles: { readonly [table: string]: RawFile }
  readonly recordSchema: TObject
  readonly target: { readonly name: string; readonly unit: string }
  readonly keyFields: readonly string[]
  readonly timeField: string
  /** Fields of the record that are the history of another. */
  readonly histories: { readonly [field: string]: string }
  /** Makes the table `records`, as `ingest` makes it. */
  readonly makeRecords: (connection: DuckDBConnection, dataDir: string) => Promise<void>
}

/**
 * Looks at each raw file under `root`, and at the records that ingest makes of them: distributions, missing values, outliers, what goes with the target, and how all that changes
 * over time. On disk in a folder of its own, in 1 GiB of memory, however large the data are. Nothing of a private field is read: neither of one that the file's or the record's schema
 * calls private, nor of a record's field that has its name or its history. With `compared`, bins lie where they can be
 * compared; `partial` says that fields which a file lacks are left out. Throws InputError when a raw file cannot be read as its contract says.
 */
export async function explore(
  root: string,
  subject: Subject,
  progress: (line: string) => void = () => {},
  compared?: { readonly with: Exploration; readonly partial: boolean },
): Promise<Exploration> {
  await using database = await openScratchDatabase(join(root, 'data'))
  const { connection } = database
  const { rawFiles, target, recordSchema, histories } = subject
  const other = (name: string) => compared?.with.tables.find((one) => one.name === name)
  await connection.run('CREATE SCHEMA explored')
  const tables: TableExploration[] = []
  for (const [name, file] of Object.entries(rawFiles)) {
    progress(`explore: ${file.path} …`)
    const { fields: all, hidden } = fieldsOf(file.schema)
    const fields = compared?.partial ? await presentIn(connection, root, file, all) : all
    const loaded = await loadFields(connection, 'explored.t', root, file, fields)
    const own = target.name in file.schema.properties ? target.name : undefined
    tables.push({
      path: file.path,
      ...(await table(connection, {
        name,
        fields,
        hidden,
        loaded,
        target: own,
        time: file.time,
        key: file.key,
        other: other(name),
      })),
    })
  }
  progress('explore: records …')
  const secret = (field: string) => Object.values(rawFiles).some(({ schema }) => isPrivate(schema, field))
  const { fields, hidden } = fieldsOf(recordSchema, (field) => secret(field) || secret(histories[field] ?? field))
  const learnt: Field = { name: target.name, kind: 'number', unit: target.unit }
  const all = secret(target.name) ? fields : [...fields, learnt]
  const names = secret(target.name) ? [...hidden, target.name] : hidden
  try {
    await subject.makeRecords(connection, join(root, 'data'))
  } catch (cause) {
    // Today's ingest need not know the form of other data.
    if (!(cause instanceof InputError) && !compared?.partial) throw cause
    return {
      tables: [
        ...tables,
        {
          name: 'records',
          rows: 0,
          fields: [],
          hidden: names,
          correlations: [],
          failed: 'run `npm run validate-data`, which says why',
        },
      ],
    }
  }
  const loaded = await loadTable(connection, 'explored.t', 'records', all)
  const { keyFields: key, timeField: time } = subject
  tables.push(
    await table(connection, {
      name: 'records',
      fields: all,
      hidden: names,
      loaded,
      target: target.name,
      time,
      key,
      other: other('records'),
    }),
  )
  return { tables }
}

type Source = {
  readonly name: string
  readonly fields: readonly Field[]
  readonly hidden: readonly string[]
  readonly loaded: Loaded
  readonly target: string | undefined
  readonly time: string
  readonly key: readonly string[]
  readonly other: TableExploration | undefined
}

/** What there is to know of the table `explored.t`. */
async function table(
  connection: DuckDBConnection,
  { name, fields, hidden, loaded, time, key, other, ...rest }: Source,
): Promise<TableExploration> {
  const at = 'explored.t'
  const found = await summaries(connection, at, fields)
  const target = fields.some((field) => field.name === rest.target) ? rest.target : undefined
  const grids = new Map<string, Grid>()
  for (const [field, summary] of found) {
    const grid = gridOf(
      wider(
        summary,
        other?.fields.find((one) => one.name === field),
      ),
    )
    if (grid) grids.set(field, grid)
  }
  const groups = await distributions(connection, at, fields, found, grids, target)
  const far = await outliers(connection, at, fields, found, keyOf(fields, key))
  const span = found.get(time)?.span
  const timed = span ? await overTime(connection, at, fields, { field: time, ...span }, target) : undefined
  const pairs = await correlations(connection, at, fields, target)
  const lags = target === undefined ? undefined : await historyLags(connection, at, fields, target)
  const one = (field: Field): FieldExploration => {
    const counts = loaded.counts.get(field.name) ?? { missing: 0, unreadable: 0, notFinite: 0 }
    const summary = found.get(field.name) as Summary
    const group = groups.get(field.name)
    const over = timed?.get(field.name)
    const pair = pairs.find(
      ({ a, b }) =>
        target !== undefined && field.name !== target && [a, b].includes(field.name) && [a, b].includes(target),
    )
    const isTarget = field.name === target
    const pearson = pair?.pearson
    const byLag = lags?.get(field.name)
    return {
      ...field,
      isTarget,
      ...counts,
      count: summary.count,
      distinct: distinctOf(field.kind, summary, group),
      ...numbersOf(summary, group?.bins, far.get(field.name)),
      ...(group?.values ? { values: group.values, others: group.others ?? 0 } : {}),
      ...(summary.span ? { span: summary.span } : {}),
      ...(over
        ? {
            moments: over.moments,
            cycles: over.cycles,
            ...(over.autocorrelation ? { autocorrelation: over.autocorrelation } : {}),
          }
        : {}),
      ...(target === undefined || isTarget
        ? {}
        : {
            association: {
              ...(pearson === undefined ? {} : { pearson }),
              ...(group?.explained === undefined ? {} : { explained: group.explained }),
              ...(over && over.byPeriod.length > 1 ? { byPeriod: over.byPeriod } : {}),
              ...(byLag ? { byLag } : {}),
            },
          }),
    }
  }
  return {
    name,
    rows: loaded.rows,
    fields: fields.map(one),
    hidden,
    ...(target === undefined ? {} : { target }),
    ...(span ? { time: { field: time, bucket: bucketsOf(span.from, span.to).bucket } } : {}),
    correlations: pairs,
  }
}

function numbersOf(
  { min, max, mean, sd, quantiles }: Summary,
  bins: readonly Bin[] | undefined,
  far: Outliers | undefined,
): Pick<FieldExploration, 'numbers'> {
  if (min === undefined || max === undefined || mean === undefined || sd === undefined || !bins) return {}
  const [q1 = min, q25 = min, q50 = min, q75 = max, q99 = max] = quantiles ?? []
  const levels = { 1: q1, 25: q25, 50: q50, 75: q75, 99: q99 }
  return { numbers: { min, max, mean, sd, quantiles: levels, bins, ...(far ? { outliers: far } : {}) } }
}

/** Where all values are shown by name they are counted, and not guessed. */
const distinctOf = (kind: FieldKind, { distinct, min, max }: Summary, group: Distribution | undefined): number => {
  if (kind === 'boolean' && min !== undefined) return min === max ? 1 : 2
  return group?.values && group.others === 0 ? group.values.length : distinct
}

/** The summary with the range of both, so that both have the same bins. */
function wider(summary: Summary, other: FieldExploration | undefined): Summary {
  const { min, max } = other?.numbers ?? {}
  if (min === undefined || max === undefined || summary.min === undefined || summary.max === undefined) return summary
  return { ...summary, min: Math.min(min, summary.min), max: Math.max(max, summary.max) }
}
