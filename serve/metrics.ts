import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = {
  readonly registry: Registry
  /** Books an answer: route pattern, status code, seconds from the request's first byte to the answer's last. */
  answered(route: string, status: number, seconds: number): void
  batch(records: number): void
  inFlight(requests: number): void
}

/** Makes the server's metrics in a registry of their own, each labelled with the bundle's digest and the environment. */
export function createMetrics(labels: { readonly digest: string; readonly environment: string }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels(labels)
  const registers = [registry]
  const requests = new Counter({
    name: 'mergeline_requests_total',
    help: 'Answers, by route and class of status.',
    labelNames: ['route', 'status'],
    registers,
  })
  const latency = new Histogram({
    name: 'mergeline_request_duration_seconds',
    help: 'Seconds from a request to its answer, by route.',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const batches = new Histogram({
    name: 'mergeline_batch_records',
    help: 'Records that the model predicted at once.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers,
  })
  const held = new Gauge({
    name: 'mergeline_requests_in_flight',
    help: 'Prediction requests not yet answered.',
    registers,
  })
  return {
    registry,
    answered(route, status, seconds) {
      requests.inc({ route, status: `${Math.floor(status / 100)}xx` })
      latency.observe({ route }, seconds)
    },
    batch: (records) => batches.observe(records),
    inFlight: (count) => held.set(count),
  }
}
