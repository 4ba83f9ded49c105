import type { Profile } from '../tracking/bundle.ts'

const BINS = 20

/**
 * Reference predictions → their profile: 19 edges of 20 equally filled bins (the share test's quantiles) and the range outside of which
 * a prediction is called out of range: the reference range, widened on both sides by half its span. Where many are the same (a model that never
 * predicts below 0), bins between equal edges cannot be filled by value alone: their shares are kept, and the server draws among them.
 */
export function profileOf(predictions: readonly number[]): Profile {
  const sorted = predictions.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const [least, most] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  const quantiles = Array.from({ length: BINS - 1 }, (_, index) => at((index + 1) / BINS))
  const share = (counts: (value: number) => boolean) => sorted.filter(counts).length / sorted.length
  const ties = [...new Set(quantiles)]
    .map((value) => ({ value, below: share((other) => other < value), upTo: share((other) => other <= value) }))
    .filter(({ below, upTo }) => (upTo - below) * sorted.length > 1.5)
  const margin = (most - least) / 2
  return {
    quantiles,
    ...(ties.length > 0 ? { ties } : {}),
    minimum: least - margin,
    maximum: most + margin,
    records: predictions.length,
  }
}
