import { type Metric, squaredError } from '../metric.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import { type Days, daysOf, meanInterval, relativeInterval } from './daily.ts'
import { areEnough, drawnOf } from './drawn.ts'
import type { Comparison, GateResult, Policy, Scored } from './gate.ts'
import type { HeldOut } from './held-out.ts'
import { bias } from './metrics.ts'
import { groupBySlice, type SliceResult, type SliceRows } from './slices.ts'

type Model = { readonly name: string; readonly digest?: string }

/** What all comparisons share: `errors[m][row]` is the metric of model m on a record. */
type Sight = {
  readonly days: Days
  readonly errors: readonly Float64Array[]
  readonly metric: Metric
  readonly policy: Policy
  readonly options: BootstrapOptions
}

// A slice's interval reads far tails when there are many slices: they need more resamples, up to this many.
const mostResamples = 10_000

/**
 * Measures the models on matched records (`records[row][m]`, sorted by time): each one's errors, the first (the candidate) against each other,
 * and by slice against the second when that is the champion. All intervals are of the same resampled days, or groups.
 */
export function compare(
  records: readonly (readonly HeldOut[])[],
  models: readonly Model[],
  hasChampion: boolean,
  metric: Metric,
  policy: Policy,
): Pick<GateResult, 'scored' | 'comparisons' | 'slices' | 'heldOut'> {
  const held = records.map(([first]) => first as HeldOut)
  const { from, to, count } = daysOf(held)
  const errors = models.map((_, m) => Float64Array.from(records, (row) => metric.of(row[m] as HeldOut)))
  const sight: Sight = { ...drawnOf(held, policy), errors, metric, policy }
  return {
    scored: models.map((model, m) => score(model, (row) => records[row]?.[m] as HeldOut, sight)),
    comparisons: models.slice(1).map(({ name }, index) => against(name, index + 1, sight)),
    slices: bySlice(held, hasChampion, sight),
    heldOut: { from, to, records: held.length, days: count },
  }
}

function score({ name, digest }: Model, of: (row: number) => HeldOut, { days, metric, options }: Sight): Scored {
  const rows = [...days.of.keys()]
  return {
    name,
    ...(digest === undefined ? {} : { digest }),
    error: meanInterval(days, rows, (row) => metric.of(of(row)), options),
    rmse: meanInterval(days, rows, (row) => squaredError(of(row)), options, Math.sqrt),
    bias: bias(rows.map(of)),
    records: rows.length,
  }
}

function against(name: string, m: number, { days, errors, options }: Sight): Comparison {
  const rows = [...days.of.keys()]
  const own = errorOf(errors, 0)
  const other = errorOf(errors, m)
  return {
    against: name,
    candidate: mean(rows, own),
    other: mean(rows, other),
    difference: meanInterval(days, rows, (row) => own(row) - other(row), options),
    relative: relativeInterval(days, rows, own, other, options),
  }
}

function bySlice(
  held: readonly HeldOut[],
  hasChampion: boolean,
  { days, errors, policy, options }: Sight,
): readonly SliceResult[] {
  const own = errorOf(errors, 0)
  const other = errorOf(errors, 1)
  const groups = groupBySlice(held)
  const isJudged = ({ rows }: SliceRows) =>
    hasChampion && rows.length >= policy.slice_min_records && areEnough(days, rows)
  const tail = (1 - options.confidence) / groups.filter(isJudged).length
  const strict = {
    ...options,
    confidence: 1 - tail,
    resamples: Math.max(options.resamples, Math.min(mostResamples, Math.ceil(10 / tail))),
  }
  return groups.map((group) => {
    const { slice, value, rows } = group
    const shown = {
      slice,
      value,
      records: rows.length,
      candidate: mean(rows, own),
      ...(hasChampion ? { champion: mean(rows, other) } : {}),
    }
    if (!isJudged(group)) return { ...shown, judged: false }
    return {
      ...shown,
      difference: meanInterval(days, rows, (row) => own(row) - other(row), strict),
      relative: relativeInterval(days, rows, own, other, strict),
      judged: true,
    }
  })
}

const errorOf = (errors: readonly Float64Array[], m: number) => (row: number) => errors[m]?.[row] as number

function mean(rows: readonly number[], value: (row: number) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length
}
