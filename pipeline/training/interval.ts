import { link } from '../task/model.ts'
import type { Interval } from '../tracking/bundle.ts'

/** What was, and what a model said of records that it was not fitted to: in units of the target. */
type Calibration = { readonly actual: readonly number[]; readonly predicted: readonly number[] }

/**
 * How far around a prediction what happens lies, on the link's scale, by split conformal prediction (Vovk, Gammerman & Shafer 2005, "Algorithmic learning in a random world"; one
 * quantile for each side: Linusson, Johansson & Löfström 2014). Calibrated on a block of time after the training records, never on records between them: so it holds for dependent records
 * too, but for a term that falls with the block's length (Oliveira, Orenstein, Ramos & Romano 2024, "Split conformal prediction and non-exchangeable data", JMLR 25). Undefined where
 * there are too few records for the coverage.
 */
export function calibrate({ actual, predicted }: Calibration, coverage: number): Interval | undefined {
  const errors = actual
    .map((value, index) => link.toModel(value) - link.toModel(predicted[index] as number))
    .toSorted((a, b) => a - b)
  const each = (1 - coverage) / 2
  const below = errors[Math.floor((errors.length + 1) * each) - 1]
  const above = errors[Math.ceil((errors.length + 1) * (1 - each)) - 1]
  if (below === undefined || above === undefined || !Number.isFinite(below) || !Number.isFinite(above)) return undefined
  return { coverage, below, above, records: errors.length }
}
