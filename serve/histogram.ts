import type { Registry } from 'prom-client'

type Series = { readonly counts: Float64Array; sum: number }

export type Histogram = {
  /** Counts a value, in the series of that label value. */
  observe(value: number, label?: string): void
}

export type HistogramOptions = {
  readonly name: string
  readonly help: string
  /** Upper bounds of the buckets, ascending; one more, without an end, follows by itself. */
  readonly buckets: readonly number[]
  /** The name of its label, where it has one. */
  readonly label?: string
}

/**
 * A histogram in a prom-client registry that costs an addition per value: prom-client's own makes an object of labels and a key of it each time, which is
 * more than the rest of a request's bookkeeping. What Prometheus reads is the same (cumulative buckets, sum, count).
 */
export function addHistogram(registry: Registry, { name, help, buckets, label }: HistogramOptions): Histogram {
  const series = new Map<string, Series>()

  const newSeries = (key: string): Series => {
    const made = { counts: new Float64Array(buckets.length + 1), sum: 0 }
    series.set(key, made)
    return made
  }
  if (label === undefined) newSeries('')

  function get() {
    const values = [...series].flatMap(([key, { counts, sum }]) => {
      const labels = label === undefined ? {} : { [label]: key }
      let below = 0
      const lines = [...counts].map((count, bucket) => {
        below += count
        return { metricName: `${name}_bucket`, labels: { ...labels, le: buckets[bucket] ?? '+Inf' }, value: below }
      })
      return [
        ...lines,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: below },
      ]
    })
    return { name, help, type: 'histogram', aggregator: 'sum', values }
  }

  // The registry asks its metrics for nothing but their name and this.
  registry.registerMetric({ name, get } as unknown as Parameters<Registry['registerMetric']>[0])

  return {
    observe(value, key = '') {
      const one = series.get(key) ?? newSeries(key)
      const bucket = bucketOf(buckets, value)
      one.counts[bucket] = (one.counts[bucket] as number) + 1
      one.sum += value
    },
  }
}

/** The first bucket whose bound is not below the value. */
function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0
  let high = bounds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((bounds[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
