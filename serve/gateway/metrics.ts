import { Counter, Gauge, Registry } from 'prom-client'
import type { Arm } from '../../pipeline/gateway-members.ts'
import { addHistogram } from '../histogram.ts'

export type GatewayMetrics = {
  readonly registry: Registry
  /** The first attempt at a prediction request: status 0 where no answer came in time, and ms until it was known. */
  asked(arm: Arm, status: number, ms: number): void
  /** A request was sent to stable again, or for the first time because the canary failed it. */
  retried(): void
  /** What became of a mirrored copy. `dropped`: too many were on their way; `none`: stable predicted nothing. */
  paired(result: 'agree' | 'disagree' | 'none' | 'dropped'): void
  /** The gateway itself answered with a problem. */
  refused(why: string): void
}

/** What is read when somebody asks. `ready` and `open` (its breaker) null where no member is named. */
export type GatewayFacts = {
  readonly weight: number
  readonly inFlight: number
  readonly arms: Readonly<
    Record<Arm, { readonly digest: string; readonly ready: boolean; readonly open: boolean } | null>
  >
  readonly eventsLost: number
  readonly eventsPending: number
}

/** Makes the gateway's metrics, in a registry of their own. Counting costs an addition; the rest is done when they are read. */
export function createGatewayMetrics(facts: () => GatewayFacts): GatewayMetrics {
  const registry = new Registry()
  const registers = [registry]
  const statuses: Readonly<Record<Arm, number[]>> = { stable: [0, 0, 0, 0, 0, 0], canary: [0, 0, 0, 0, 0, 0] }
  const pairs = new Map<string, number>()
  const refusals = new Map<string, number>()
  let retries = 0

  new Counter({
    name: 'mergeline_gateway_requests_total',
    help: 'Prediction requests by the arm that was drawn, and by the class of status of its first attempt; none: no answer in time.',
    labelNames: ['arm', 'status'],
    registers,
    collect() {
      this.reset()
      for (const [arm, counts] of Object.entries(statuses))
        for (const [hundreds, count] of counts.entries())
          this.inc({ arm, status: hundreds === 0 ? 'none' : `${hundreds}xx` }, count)
    },
  })
  const counter = (name: string, help: string, label: string, values: Map<string, number>) =>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [value, count] of values) this.inc({ [label]: value }, count)
      },
    })
  counter('mergeline_gateway_mirrored_total', 'Copies for a canary in the shadow, by result.', 'result', pairs)
  counter('mergeline_gateway_refused_total', 'Requests that the gateway itself refused, by reason.', 'reason', refusals)
  new Counter({
    name: 'mergeline_gateway_retries_total',
    help: 'Requests sent to stable because an earlier attempt failed.',
    registers,
    collect() {
      this.reset()
      this.inc(retries)
    },
  })
  const latency = addHistogram(registry, {
    name: 'mergeline_gateway_attempt_duration_seconds',
    help: 'Seconds from a prediction request to what became of its first attempt, by arm.',
    label: 'arm',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  const gauge = (name: string, help: string, read: (facts: GatewayFacts) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(facts()))
      },
    })
  gauge('mergeline_gateway_weight', "The canary's share of prediction requests, 0 to 1.", ({ weight }) => weight)
  gauge(
    'mergeline_gateway_requests_in_flight',
    'Requests whose body is here and whose answer is not.',
    (now) => now.inFlight,
  )
  gauge(
    'mergeline_gateway_events_lost',
    'Events of this rollout that could neither be written nor kept.',
    (now) => now.eventsLost,
  )
  gauge('mergeline_gateway_events_pending_bytes', 'Events not written yet.', (now) => now.eventsPending)
  const perArm = (name: string, help: string, read: (member: { ready: boolean; open: boolean }) => boolean) =>
    new Gauge({
      name,
      help,
      labelNames: ['arm', 'digest'],
      registers,
      collect() {
        this.reset()
        for (const [arm, member] of Object.entries(facts().arms))
          if (member) this.set({ arm, digest: member.digest }, read(member) ? 1 : 0)
      },
    })
  perArm('mergeline_gateway_member_ready', 'Whether a member says it is ready.', ({ ready }) => ready)
  perArm(
    'mergeline_gateway_breaker_open',
    'Whether a member is sent nothing because it did not answer.',
    ({ open }) => open,
  )

  const add = (values: Map<string, number>, value: string) => values.set(value, (values.get(value) ?? 0) + 1)
  return {
    registry,
    asked(arm, status, ms) {
      const counts = statuses[arm]
      const hundreds = (status / 100) | 0
      counts[hundreds] = (counts[hundreds] ?? 0) + 1
      latency.observe(ms / 1000, arm)
    },
    retried() {
      retries += 1
    },
    paired: (result) => void add(pairs, result),
    refused: (why) => void add(refusals, why),
  }
}
