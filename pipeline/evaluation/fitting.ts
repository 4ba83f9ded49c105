import type { Interval } from './bootstrap.ts'

/** One epoch of a training, as its learning curve has it. */
export type CurvePoint = { readonly epoch: number; readonly loss: number; readonly validationMae: number }

export type Fitting = {
  readonly is: 'overfitting' | 'underfitting' | 'fitting'
  /** A sentence with its numbers. */
  readonly why: string
}

// A validation error that has risen by this much of its best is no wobble of the last epochs.
const risen = 0.05
// The last epoch still gained this much: there was more to gain.
const gaining = 0.01

/**
 * Names over- and underfitting. Overfitting: the held-out error is more than `tolerancePercent` above the training error, with its whole interval (`gap`, in percent), or the
 * validation error rose by 5 % after its best epoch while the training loss went on falling. Underfitting: the training error is no better than that of the linear baseline on the
 * same records, or the best epoch is the last and still gained 1 % on the one before. (Goodfellow, Bengio & Courville 2016, "Deep Learning", 5.2 and 7.8.)
 */
export function fitting(
  history: readonly CurvePoint[],
  errors: { readonly train: number; readonly test: number; readonly linearTrain?: number; readonly gap: Interval },
  tolerancePercent: number,
): Fitting {
  const { train, test, linearTrain, gap } = errors
  if (gap.low > tolerancePercent) {
    return {
      is: 'overfitting',
      why: `the held-out error of ${said(test)} is ${gap.estimate.toFixed(1)} % above the training error of ${said(train)} (interval ${gap.low.toFixed(1)} % to ${gap.high.toFixed(1)} %), more than ${tolerancePercent} %`,
    }
  }
  const best = history.reduce<CurvePoint | undefined>(
    (least, point) => (least && least.validationMae <= point.validationMae ? least : point),
    undefined,
  )
  const last = history.at(-1)
  if (linearTrain !== undefined && train >= linearTrain) {
    return {
      is: 'underfitting',
      why: `the training error of ${said(train)} is no better than the ${said(linearTrain)} of a linear model on the same records`,
    }
  }
  if (best && last && last.validationMae > best.validationMae * (1 + risen) && last.loss < best.loss) {
    return {
      is: 'overfitting',
      why: `the validation error rose from ${said(best.validationMae)} in epoch ${best.epoch} to ${said(last.validationMae)} in epoch ${last.epoch}, while the training loss went on falling; the weights of epoch ${best.epoch} are kept`,
    }
  }
  const before = history.at(-2)
  if (best && before && best === last && before.validationMae > best.validationMae * (1 + gaining)) {
    return {
      is: 'underfitting',
      why: `the last of ${last.epoch} epochs was the best and still lowered the validation error from ${said(before.validationMae)} to ${said(last.validationMae)}: more epochs may help`,
    }
  }
  return { is: 'fitting', why: `the held-out error of ${said(test)} against ${said(train)} in training` }
}

const said = (value: number) => String(Number(value.toPrecision(4)))
