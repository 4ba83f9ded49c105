import { random } from '../random.ts'

/** An estimate with the interval it lies in at the confidence asked for. */
export type Interval = { readonly estimate: number; readonly low: number; readonly high: number }

export type BootstrapOptions = {
  /** Length of a block in days; 1 where what is drawn are groups, which have no neighbours. */
  readonly blockDays: number
  readonly resamples: number
  /** Share of the interval, such as 0.95. */
  readonly confidence: number
  readonly seed: number
}

/** Sums per calendar day, first to last without a gap (a day without records holds 0): one column for each quantity. */
export type DailySums = readonly Float64Array[]

/**
 * The percentile interval of `statistic`, a function of the columns' sums over all days, by the circular block bootstrap: days are drawn in
 * blocks of consecutive ones, because neighbouring days are alike, and whole, because the records of one day are. Blocks: Künsch 1989, "The
 * jackknife and the bootstrap for general stationary observations"; the circle, on which each day is drawn equally often: Politis & Romano
 * 1992, "A circular block-resampling procedure for stationary data". The columns of one call are drawn together, hence paired; calls with
 * the same options and number of days draw the same days. A resample without a finite statistic (a slice that no drawn day has) is left out.
 */
export function blockBootstrap(
  columns: DailySums,
  statistic: (sums: readonly number[]) => number,
  options: BootstrapOptions,
): Interval {
  const { estimate, drawn } = resampled(columns, statistic, options)
  const sorted = drawn.filter(Number.isFinite).sort()
  const tail = (1 - options.confidence) / 2
  return { estimate, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) }
}

/** The statistic over all days, and of each resample as `blockBootstrap` draws it: NaN where it has none. */
export function resampled(
  columns: DailySums,
  statistic: (sums: readonly number[]) => number,
  { blockDays, resamples, seed }: BootstrapOptions,
): { readonly estimate: number; readonly drawn: Float64Array } {
  const days = columns[0]?.length ?? 0
  const prefixes = columns.map(prefixSums)
  const estimate = statistic(prefixes.map((prefix) => prefix[days] as number))
  const blocks = Math.ceil(days / blockDays)
  const lastBlock = days - (blocks - 1) * blockDays
  const starts = startsOf(days, blocks, resamples, seed)
  const drawn = new Float64Array(resamples)
  const sums = columns.map(() => 0)
  for (let resample = 0; resample < resamples; resample++) {
    sums.fill(0)
    for (let block = 0; block < blocks; block++) {
      const start = starts[resample * blocks + block] as number
      const end = start + (block === blocks - 1 ? lastBlock : blockDays)
      for (let column = 0; column < prefixes.length; column++) {
        const prefix = prefixes[column] as Float64Array
        sums[column] = (sums[column] as number) + (prefix[end] as number) - (prefix[start] as number)
      }
    }
    drawn[resample] = statistic(sums)
  }
  return { estimate, drawn }
}

let last = { of: '', starts: new Uint32Array() }

/** The first day of each block, resample after resample. Those of the last call are kept: a gate draws the same ones for hundreds of groups. */
function startsOf(days: number, blocks: number, resamples: number, seed: number): Uint32Array {
  const of = [days, blocks, resamples, seed].join()
  if (last.of !== of) {
    const next = random(seed)
    last = { of, starts: Uint32Array.from({ length: resamples * blocks }, () => Math.floor(next() * days)) }
  }
  return last.starts
}

/** The mean of daily differences with its interval: the simplest use, one value a day. */
export function pairedBlockBootstrap(differences: readonly number[], options: BootstrapOptions): Interval {
  return blockBootstrap([Float64Array.from(differences)], ([sum]) => (sum as number) / differences.length, options)
}

/** Sums from day 0 up to each day, going twice around the circle: any block is one subtraction. */
function prefixSums(column: Float64Array): Float64Array {
  const sums = new Float64Array(2 * column.length + 1)
  for (let i = 0; i < 2 * column.length; i++) sums[i + 1] = (sums[i] as number) + (column[i % column.length] as number)
  return sums
}

/** Linear between order statistics (type 7 of Hyndman & Fan 1996); NaN for no values. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}
