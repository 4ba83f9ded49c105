import type { TaskRecord } from '../pipeline/task/record.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'

// Backends and machines differ in the last bits of a float32, not in the fourth digit.
const tolerance = 1e-4

/**
 * Predicts the bundle's golden records, alone and together, until the kernels are compiled, and compares with the predictions that came with the bundle.
 * Throws when they differ by more than 1e-4, relative to the prediction or to the mean of the golden ones, whichever is larger (predictions near zero have no digits to compare).
 */
export function warmUp(bundle: Pick<LoadedBundle, 'digest' | 'golden' | 'predict'>): void {
  const { digest, golden } = bundle
  if (golden.length === 0)
    throw new Error(
      `bundle ${digest}: golden.jsonl is empty, so nothing proves that this server predicts as training did`,
    )
  const records = golden.map((one) => one.record as TaskRecord)
  for (const record of records.slice(0, 3)) bundle.predict([record])
  const predictions = bundle.predict(records)
  const mean = golden.reduce((sum, one) => sum + Math.abs(one.prediction), 0) / golden.length
  for (const [index, { prediction: expected }] of golden.entries()) {
    const got = predictions[index] ?? Number.NaN
    if (Math.abs(got - expected) <= tolerance * Math.max(Math.abs(expected), mean)) continue
    throw new Error(
      `bundle ${digest}: golden record ${index + 1} of ${golden.length} should be predicted as ${expected}, this server predicts ${got}: ` +
        'its code is not the code that made the bundle; start it from the commit of the release',
    )
  }
}
