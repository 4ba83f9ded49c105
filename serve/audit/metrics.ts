import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Audit } from './audit.ts'

/** Adds the audit log's metrics to a registry; all but the wait are read from its status when they are asked for, and cost a request nothing. */
export function auditMetrics(registry: Registry, audit: Audit): void {
  const registers = [registry]
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  counter('mergeline_audit_lost_total', 'Predictions that left without an audit record.', () => audit.status.lost)
  counter('mergeline_audit_records_total', 'Lines written to the audit log.', () => audit.status.written)
  counter('mergeline_audit_batches_total', 'Writes of the audit log.', () => audit.status.batches)
  gauge('mergeline_audit_failing', 'Whether the audit log cannot be written now: 1 or 0.', () =>
    audit.status.failing === undefined ? 0 : 1,
  )
  const waits = new Histogram({
    name: 'mergeline_audit_wait_seconds',
    help: 'How long answers waited for their records to be written, by batch.',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
    registers,
  })
  audit.onBatch((ms) => waits.observe(ms / 1000))
  gauge('mergeline_audit_segment', 'The number of the open segment.', () => audit.status.segment)
}
