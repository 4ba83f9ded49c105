import type { DuckDBConnection } from '@duckdb/node-api'
import { hidden, isPrivate } from '../private.ts'
import { random } from '../random.ts'
import type { Check, RawFile } from './contract.ts'
import { identifier as id, mostNumber, query } from './duckdb.ts'
import { type Finding, printable } from './findings.ts'
import { holm, permutationP, type Strata } from './permutation.ts'
import { seriesName, seriesOf } from './series.ts'

type Distribution = Extract<Check, { readonly kind: 'distribution' }>

/** A table of `typedDays`, the loaded one it was made of, and its contract. */
export type Days = { readonly days: string; readonly table: string; readonly file: RawFile }

/**
 * A block is four whole weeks, so that each weekday counts alike, and a week left out after it: the weather of today tells little of that in eight days,
 * so blocks are taken as independent. Days.
 */
const block = { days: 28, period: 35 }
/** A year of a block counts when this many of its days have a value. */
const fewestDays = 14
const bins = 10
/** Draws for each false alarm that is allowed: the least p is then a fourth of what Holm's first step asks for. */
const drawsPerAlarm = 4

/** One statistic of one series: the newest weeks against the same weeks of the years before. */
type Test = {
  readonly row: number
  readonly told: string
  readonly strata: Strata
}

/**
 * Compares the newest days of every field under a check `distribution` with the same weeks of the years before, series by series and all together: mean, spread and shape (the
 * greatest distance of the distribution functions, Kolmogorov's). All tests of all files are one family: the probability of any false finding is at most `level`.
 * Season cancels because only the same weeks are compared, autocorrelation because blocks of weeks are, and not days.
 * Where the years are too few for any difference to be significant, a warning says so.
 */
export async function distributionFindings(
  connection: DuckDBConnection,
  tables: readonly Days[],
  level: number,
  maxShown: number,
): Promise<readonly Finding[]> {
  const families = []
  for (const table of tables) {
    for (const check of table.file.checks ?? []) {
      if (check.kind !== 'distribution') continue
      for (const field of check.fields)
        families.push({ table, check, field, tests: await testsOf(connection, table, check, field) })
    }
  }
  const all = families.flatMap(({ tests }) => tests)
  const draws = Math.ceil((drawsPerAlarm * all.length) / level)
  const next = random(1)
  // With fewer ways to label the years than draws are needed, the newest cannot stand out.
  const telling = all.filter(({ strata }) => strata.reduce((ways, years) => ways * years.length, 1) > draws)
  const ps = telling.map(({ strata }) => permutationP(strata, draws, next))
  const significant = new Map(
    holm(ps, level).flatMap((found, at) => (found ? [[telling[at] as Test, ps[at] as number]] : [])),
  )
  return families.flatMap(({ table: { file }, check, field, tests }) => {
    const common = { file: file.path, field, owner: check.owner }
    const found = tests.filter((test) => significant.has(test))
    const untold = tests.some((test) => !telling.includes(test)) || tests.length === 0
    const shown = found.map((test) => ({
      row: test.row,
      value: printable(`${test.told}; p ${Number(significant.get(test)?.toPrecision(1))}`),
    }))
    return [
      ...(found.length > 0
        ? [
            {
              ...common,
              rule: 'distribution',
              severity: check.severity,
              what: `the newest ${check.days} days of ${field} are distributed otherwise than the same weeks of earlier years (no finding of this kind in ${Number((100 * (1 - level)).toPrecision(4))} % of sound deliveries)`,
              cure: `find out at the source what has changed in ${field}: a sensor, a unit, who is counted; if the change is real, judge models on the newest days alone, or take the check out of pipeline/task/record.ts`,
              count: found.length,
              shown: shown.slice(0, maxShown),
            },
          ]
        : []),
      ...(untold
        ? [
            {
              ...common,
              rule: 'distribution untested',
              severity: 'warning' as const,
              what: `there are too few years, or too few values in them, to compare the newest ${check.days} days of ${field} with`,
              cure: 'none needed: the check begins to tell with three years or more, sooner with more days',
              count: 1,
              shown: [],
            },
          ]
        : []),
    ]
  })
}

async function testsOf(
  connection: DuckDBConnection,
  { days, table, file }: Days,
  check: Distribution,
  field: string,
): Promise<readonly Test[]> {
  const blocks = Math.max(1, Math.floor((Math.min(check.days, 365) + block.period - block.days) / block.period))
  const shares = Array.from({ length: bins - 1 }, (_, at) => `avg(CAST(rank <= ${(at + 1) / bins} AS INTEGER))`)
  const rows = await query(
    connection,
    `WITH aged AS (
       SELECT ${seriesOf(file)} AS series, ${seriesName(file)} AS name, "#", CAST(${id(field)} AS DOUBLE) AS value,
         (SELECT max(${id(file.time)}) FROM ${id(days)} WHERE ${id(field)} IS NOT NULL) - ${id(file.time)} AS age FROM ${id(days)}),
     seen AS (SELECT * FROM aged UNION ALL SELECT NULL, 'all together', "#", value, age FROM aged WHERE (SELECT count(DISTINCT series) FROM aged) > 1),
     placed AS (SELECT *, CAST(floor(age / 365.25) AS INTEGER) AS year, age - CAST(round(floor(age / 365.25) * 365.25) AS INTEGER) AS place FROM seen WHERE abs(value) < ${mostNumber} AND age >= 0),
     ranked AS (
       SELECT *, place // ${block.period} AS block, cume_dist() OVER (PARTITION BY series, place // ${block.period} ORDER BY value) AS rank
       FROM placed WHERE place % ${block.period} < ${block.days} AND place // ${block.period} < ${blocks})
     SELECT dense_rank() OVER (ORDER BY series) AS series, any_value(name) AS name, block, year, min("#") AS first, avg(value) AS mean, stddev_pop(value) AS spread,
       [${shares.join(', ')}] AS shape
     FROM ranked GROUP BY ranked.series, block, year HAVING count(*) >= ${fewestDays} ORDER BY ALL`,
  )
  const lines = new Map(
    (await query(connection, `SELECT "#", "#line" AS line FROM ${id(table)}`)).map((row) => [
      row['#'],
      Number(row['line']),
    ]),
  )
  const yesNo = (file.schema.properties[field] as { type?: string }).type === 'boolean'
  const told = !isPrivate(file.schema, field)
  return [...Map.groupBy(rows, (row) => row['series'])].flatMap(([, cells]) => {
    const whole = [...Map.groupBy(cells, (cell) => cell['block']).values()]
      .map((years) => years.toSorted((a, b) => Number(a['year']) - Number(b['year'])))
      .filter((years) => years.length >= 2 && years[0]?.['year'] === 0)
    if (whole.length === 0) return []
    const newest = whole.map(([cell]) => cell as Cell)
    const earlier = whole.flatMap(([, ...others]) => others)
    const row = Math.min(...newest.map(({ first }) => lines.get(first) ?? 1))
    const name = String(cells[0]?.['name'])
    const number = (of: 'mean' | 'spread') => ({
      row,
      told: `${name}: ${of} ${told ? `${mean(newest, of)}, earlier ${mean(earlier, of)}` : hidden}`,
      strata: whole.map((years) => scaled(years.map((cell) => Number(cell[of])))),
    })
    const shape = {
      row,
      told: `${name}: shape`,
      strata: whole.map((years) => years.map((cell) => cell['shape'] as readonly number[])),
    }
    return yesNo ? [number('mean')] : [number('mean'), number('spread'), shape]
  })
}

type Cell = { readonly [column: string]: unknown }

const mean = (cells: readonly Cell[], of: string) =>
  Number((cells.reduce((sum, cell) => sum + Number(cell[of]), 0) / cells.length).toPrecision(4))

/** A statistic of a block's years in units of its own standard deviation over them: summer does not drown winter. */
function scaled(values: readonly number[]): readonly (readonly number[])[] {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length)
  return values.map((value) => [spread > 0 ? value / spread : 0])
}
