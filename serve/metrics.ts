import { Counter, Gauge, Registry } from 'prom-client'
import { addHistogram } from './histogram.ts'

export type Metrics = {
  readonly registry: Registry
  /** Books an answer: route pattern, status code, seconds from the request's first byte to the answer's last. */
  answered(route: string, status: number, seconds: number): void
  batch(records: number): void
  predicted(predictions: readonly number[]): void
}

export type MetricsOptions = {
  /** Labels of every metric. */
  readonly labels: { readonly digest: string; readonly environment: string }
  /** The inner edges of the bins of the model's reference predictions, ascending. */
  readonly quantiles: readonly number[]
  /** Prediction requests not yet answered. */
  readonly inFlight: () => number
}

/** Makes the server's metrics in a registry of their own, each labelled with the bundle's digest and the environment. Counting costs an addition; the rest is done when they are read. */
export function createMetrics({ labels, quantiles, inFlight }: MetricsOptions): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  const registers = [registry]
  const answers = new Map<string, number[]>()
  new Counter({
    name: 'mergeline_requests_total',
    help: 'Answers, by route and class of status.',
    labelNames: ['route', 'status'],
    registers,
    collect() {
      this.reset()
      for (const [route, counts] of answers)
        for (const [hundreds, count] of counts.entries()) if (count) this.inc({ route, status: `${hundreds}xx` }, count)
    },
  })
  const latency = addHistogram(registry, {
    name: 'mergeline_request_duration_seconds',
    help: 'Seconds from a request to its answer, by route.',
    label: 'route',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  const batches = addHistogram(registry, {
    name: 'mergeline_batch_records',
    help: 'Records that the model predicted at once.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  })
  const predictions = addHistogram(registry, {
    name: 'mergeline_predictions',
    help: 'Predictions, in bins that the model filled equally on its reference records.',
    // Ties give an edge more than once.
    buckets: [...new Set(quantiles)],
  })
  new Gauge({
    name: 'mergeline_requests_in_flight',
    help: 'Prediction requests not yet answered.',
    registers,
    collect() {
      this.set(inFlight())
    },
  })
  return {
    registry,
    answered(route, status, seconds) {
      let counts = answers.get(route)
      if (!counts) {
        counts = [0, 0, 0, 0, 0, 0]
        answers.set(route, counts)
      }
      const hundreds = Math.floor(status / 100)
      counts[hundreds] = (counts[hundreds] ?? 0) + 1
      latency.observe(seconds, route)
    },
    batch: (records) => batches.observe(records),
    predicted(values) {
      for (const value of values) predictions.observe(value)
    },
  }
}
