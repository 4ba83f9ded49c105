import type { RolloutEvent } from '../../pipeline/release/event.ts'
import type { Metric } from './peers.ts'
import { type Arm, binShares, healthy, type Traffic } from './traffic.ts'

/** A fault that is to be found: by which figure the others would see it, and how much likelier each event is on a canary that has it. */
export type Fault = {
  readonly name: string
  readonly traffic: Traffic
  /** Canary requests, 95th percentile; null where none is promised. */
  readonly goal: number | null
  readonly metric: Metric
  readonly ratioOf: (event: RolloutEvent) => number | null
  /** Requests after which a canary that was healthy until then begins to fail; 0: at once. */
  readonly lateAfter: number
}

const errors = (rate: number, base: number, goal: number | null, lateAfter = 0): Fault => ({
  name: `${rate === 1 ? 'total failure' : `errors ${percent(rate)} against ${percent(base)}`}${late(lateAfter)}`,
  traffic: { stable: { ...healthy, errors: base }, canary: { ...healthy, errors: rate } },
  goal,
  metric: 'errors',
  ratioOf: ({ status }) => (status === 200 ? null : rate / base),
  lateAfter,
})

const slow = (rate: number, base: number, goal: number): Fault => ({
  name: `slow ${percent(rate)} against ${percent(base)}`,
  traffic: { stable: { ...healthy, slow: base }, canary: { ...healthy, slow: rate } },
  goal,
  metric: 'slow',
  ratioOf: ({ ms }) => (ms > 250 ? rate / base : null),
  lateAfter: 0,
})

const refused = (rate: number, base: number): Fault => ({
  name: `refused ${percent(rate)} with 4xx against ${percent(base)}`,
  traffic: { stable: { ...healthy, refused: base }, canary: { ...healthy, refused: rate } },
  goal: null,
  metric: 'errors',
  ratioOf: ({ status }) => (status === 422 ? rate / base : null),
  lateAfter: 0,
})

const shifted = (name: string, canary: Partial<Arm>, shares: readonly number[], goal: number): Fault => ({
  name,
  traffic: { stable: healthy, canary: { ...healthy, ...canary } },
  goal,
  metric: 'prediction',
  ratioOf: ({ bin }) => (bin === null ? null : (shares[bin] as number) * shares.length),
  lateAfter: 0,
})

const constantBin = 12
const nearly = 1 - 1e-6

export const faults: readonly Fault[] = [
  errors(1, 0.001, 6),
  errors(0.05, 0.001, 210),
  errors(0.05, 0.01, 500),
  errors(0.02, 0.001, 650),
  slow(0.1, 0.05, 950),
  slow(0.02, 0.01, 4700),
  shifted('predictions moved 0.5 sd', { moved: 0.5 }, binShares(0.5), 220),
  shifted('predictions moved 0.3 sd', { moved: 0.3 }, binShares(0.3), 800),
  shifted(
    'the same prediction for everybody',
    { constant: true },
    Array.from({ length: 20 }, (_, bin) => (bin === constantBin ? nearly : (1 - nearly) / 19)),
    10,
  ),
  refused(0.3, 0.01),
  refused(0.05, 0.01),
  errors(1, 0.001, null, 2000),
  errors(0.05, 0.001, null, 2000),
  errors(0.05, 0.01, null, 2000),
]

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`
}

function late(after: number): string {
  return after === 0 ? '' : `, after ${after} good canary requests`
}
