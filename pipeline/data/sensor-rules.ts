import { isPrivate } from '../private.ts'
import { spikeDays, unbelievable } from './clean.ts'
import type { FieldTolerance, RawFile } from './contract.ts'
import { identifier as id } from './duckdb.ts'
import type { Search } from './findings.ts'
import { seriesColumns, seriesName, seriesOf } from './series.ts'
import { shown } from './shown.ts'

/** Rules that look at readings as series. `days` is a table of `typedDays`, `table` the loaded one, whose `#` it shares. */
export function sensorRules(days: string, table: string, file: RawFile): readonly Search[] {
  return Object.entries(file.tolerances).flatMap(([field, tolerance]) => [
    ...unbelievableReadings(days, table, file, field, tolerance),
    ...shiftedLevel(days, table, file, field, tolerance),
    ...fewBelieved(days, table, file, field, tolerance),
    constant(days, table, file, field),
  ])
}

function unbelievableReadings(
  days: string,
  table: string,
  file: RawFile,
  field: string,
  tolerance: FieldTolerance,
): readonly Search[] {
  const { stuck, spike } = unbelievable(file, field)
  const name = seriesName(file)
  const select = (test: string) => `SELECT loaded."#line" AS row, found.value AS value FROM (
      SELECT "#", ${name} || ': ' || ${shown(file.schema, field)} AS value, ${test} AS found FROM ${id(days)}) AS found JOIN ${id(table)} AS loaded USING ("#") WHERE found.found`
  const common = { file: file.path, severity: 'warning' as const, field }
  const usual = file.series.length > 0 ? `other ${file.series.join(', ')}s that day` : `${spikeDays.before} days before`
  const searches: Search[] = []
  if (stuck) {
    searches.push({
      ...common,
      rule: 'stuck sensor',
      what: `${field} repeats the same value ${tolerance.stuckAfter} times or more`,
      cure: `none needed: ingest masks the repeats from the ${tolerance.stuckAfter}th on; have the sensor looked at`,
      select: select(stuck),
    })
  }
  if (spike) {
    searches.push({
      ...common,
      rule: 'spiking sensor',
      what: `${field} is more than ${tolerance.spikeAbove} from the median of the ${usual}`,
      cure: 'none needed: ingest masks these readings; have the sensor looked at',
      select: select(spike),
    })
  }
  return searches
}

/** A period needs this many values to be judged. */
const enough = 7

function shiftedLevel(
  days: string,
  table: string,
  file: RawFile,
  field: string,
  { level }: FieldTolerance,
): readonly Search[] {
  // Means tell of the values: those of a private field are not told.
  if (!level || isPrivate(file.schema, field)) return []
  const time = id(file.time)
  const value = id(field)
  const period = level.over === 'month' ? `month(${time})` : '0'
  const label = level.over === 'month' ? '%Y-%m' : '%Y'
  const away =
    level.by === 'difference'
      ? `abs(mean - usual) > ${level.limit}`
      : `(mean > usual * ${level.limit} OR mean * ${level.limit} < usual)`
  // The usual is the median of the other years' means: one wrong year does not move it.
  const select = `
    WITH periods AS (
      SELECT ${seriesOf(file)} AS series, any_value(${seriesName(file)}) AS name, ${period} AS period,
        year(${time}) AS year, strftime(min(${time}), '${label}') AS label, avg(${value}) AS mean, min("#") AS "#"
      FROM ${id(days)} GROUP BY ALL HAVING count(${value}) >= ${enough}),
    compared AS (
      SELECT *, (SELECT median(other.mean) FROM periods AS other
        WHERE other.series = periods.series AND other.period = periods.period AND other.year <> periods.year) AS usual
      FROM periods)
    SELECT loaded."#line" AS row, name || ', ' || label || ': mean ' || round(mean, 2) || ', other years ' || round(usual, 2) AS value
    FROM compared JOIN (SELECT "#", "#line" FROM ${id(table)}) AS loaded USING ("#") WHERE ${away}`
  const limit = level.by === 'difference' ? `by more than ${level.limit}` : `by a factor of more than ${level.limit}`
  return [
    {
      file: file.path,
      rule: 'level shift',
      severity: 'error',
      field,
      what: `the mean of ${field} over a ${level.over} is away from the same ${level.over} of other years ${limit}: has its unit changed?`,
      cure: `deliver ${field} in ${unitOf(file, field)} throughout; if the shift is real, raise level.limit of ${field} in pipeline/task/record.ts`,
      select,
    },
  ]
}

/** Readings that ingest masks are missing ones: with the empty values they must not be more than is tolerated. */
function fewBelieved(
  days: string,
  table: string,
  file: RawFile,
  field: string,
  { missingShare }: FieldTolerance,
): readonly Search[] {
  const tests = Object.values(unbelievable(file, field)).filter((test) => test !== null)
  if (missingShare === undefined || tests.length === 0) return []
  const masked = tests.map((test) => `coalesce(${test}, false)`).join(' OR ')
  const name = seriesName(file)
  const percent = `${Number((missingShare * 100).toPrecision(3))} %`
  return [
    {
      file: file.path,
      rule: 'few believable readings',
      severity: 'error',
      field,
      what: `${field} is stuck or spikes so often that, with the empty values, more than ${percent} of the rows are missing`,
      cure: `have the sensors looked at and deliver true readings, or raise missingShare of ${field} in pipeline/task/record.ts if the task can bear it`,
      select: `SELECT loaded."#line" AS row, name || ': ' || text AS value
        FROM (SELECT "#", ${name} AS name, ${shown(file.schema, field)} AS text, ${masked} AS masked, ${id(field)} IS NULL AS missing FROM ${id(days)} QUALIFY "#" IS NOT NULL)
        JOIN (SELECT "#", "#line" FROM ${id(table)}) AS loaded USING ("#")
        QUALIFY masked AND sum(CAST(masked OR missing AS INTEGER)) OVER () > ${missingShare} * count(*) OVER ()`,
    },
  ]
}

/** A series needs this many values before one and the same throughout is no chance. */
const enoughForConstant = 60

function constant(days: string, table: string, file: RawFile, field: string): Search {
  const name = `any_value(${seriesName(file)})`
  const text = `any_value(${shown(file.schema, field)})`
  return {
    file: file.path,
    rule: 'constant value',
    severity: 'error',
    field,
    what: `${field} has one and the same value throughout a series`,
    cure: `deliver the true values of ${field}: a field that never changes is not measured`,
    select: `SELECT loaded."#line" AS row, found.value AS value FROM (
        SELECT min("#") AS "#", ${name} || ': ' || ${text} AS value FROM ${id(days)} WHERE ${id(field)} IS NOT NULL
        GROUP BY ${seriesColumns(file.series)} HAVING count(*) >= ${enoughForConstant} AND count(DISTINCT ${id(field)}) = 1) AS found
      JOIN ${id(table)} AS loaded USING ("#")`,
  }
}

function unitOf(file: RawFile, field: string): string {
  const unit = (file.schema.properties[field] as { unit?: string } | undefined)?.unit
  return unit ?? 'its unit'
}
