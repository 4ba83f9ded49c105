import { type HeldOut, heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import type { Params } from '../../pipeline/params.ts'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { predict } from '../../pipeline/tracking/bundle.ts'
import { calibrate } from '../../pipeline/training/interval.ts'
import { type Learnt, learn } from '../../pipeline/training/learn.ts'
import type { Fold } from '../../pipeline/training/search/folds.ts'

/** A model's scored records, and how many of them lie within its intervals. */
export type Judged = { readonly records: readonly HeldOut[]; readonly held: number }

/** The same, and what the training took. */
export type Scored = Judged & { readonly cpuSeconds: number }

/** Trains and calibrates as `make-bundle.ts` does, and predicts the records that neither has seen. */
export async function scoredOf({ train, validation, scored }: Fold, params: Params['train']): Promise<Scored> {
  const before = process.cpuUsage()
  const learnt = await learn(train, validation, params, () => {})
  const interval = intervalOf(learnt, validation, params)
  const { user, system } = process.cpuUsage(before)
  const judged = judgedBy(learnt, interval, scored)
  learnt.model.dispose()
  return { ...judged, cpuSeconds: (user + system) / 1e6 }
}

/** The interval of a model's predictions, by its errors on the validation records. */
export const intervalOf = (learnt: Learnt, validation: readonly Example[], { interval_coverage }: Params['train']) =>
  calibrate(
    { actual: validation.map((example) => example.target), predicted: predictionsBy(learnt)(validation) },
    interval_coverage,
  )

/** What a model says of records that it has not seen. */
export function judgedBy(learnt: Learnt, interval: ReturnType<typeof calibrate>, scored: readonly Example[]): Judged {
  const records = heldOutOf(scored, '', predictionsBy(learnt))
  const held = records.filter(({ actual, prediction }) => {
    const bounds = interval && boundsOf(interval, prediction)
    return bounds && bounds.low <= actual && actual <= bounds.high
  })
  return { records, held: held.length }
}

const predictionsBy = (learnt: Learnt) => (of: readonly Example[]) =>
  predict(
    learnt,
    of.map(({ record }) => record),
  )
