import { type Answer, answered, type Outcome } from './attempt.ts'
import { predictionsIn } from './predictions.ts'

// More than this is read by nobody in time.
const maxComparedBytes = 1024 * 1024

/**
 * Whether the canary's answer to a copy disagrees with stable's: another number of predictions, one that differs by more than `tolerance` (in the target's unit) or is
 * no number where stable's is one, or no predictions at all. Null where stable predicted nothing: there is no pair. Only this one bit of both bodies is kept.
 */
export function disagrees(stable: Outcome, canary: Outcome, tolerance: number): 0 | 1 | null {
  const ours = read(stable)
  if (ours === null) return null
  const theirs = read(canary)
  if (theirs === null || theirs.length !== ours.length) return 1
  return ours.every((one, index) => close(one, theirs[index], tolerance)) ? 0 : 1
}

function read(outcome: Outcome): readonly unknown[] | null {
  if (!answered(outcome) || outcome.status !== 200 || outcome.body.length > maxComparedBytes) return null
  return plain(outcome) ? predictionsIn(outcome.body) : null
}

const plain = ({ headers }: Answer) => headers['content-encoding'] === undefined

function close(one: unknown, other: unknown, tolerance: number): boolean {
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) <= tolerance
  return one === other
}
