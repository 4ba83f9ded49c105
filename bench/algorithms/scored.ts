import { type HeldOut, heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import type { Params } from '../../pipeline/params.ts'
import { boundsOf } from '../../pipeline/predicting/bounds.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { predict } from '../../pipeline/tracking/bundle.ts'
import { calibrate } from '../../pipeline/training/interval.ts'
import { learn } from '../../pipeline/training/learn.ts'
import type { Fold } from '../../pipeline/training/search/folds.ts'

/** A model's scored records, how many of them lie within its intervals, and what it took. */
export type Scored = { readonly records: readonly HeldOut[]; readonly held: number; readonly cpuSeconds: number }

/** Trains and calibrates as `make-bundle.ts` does, and predicts the records that neither has seen. */
export async function scoredOf({ train, validation, scored }: Fold, params: Params['train']): Promise<Scored> {
  const before = process.cpuUsage()
  const learnt = await learn(train, validation, params, () => {})
  const predictions = (of: readonly Example[]) =>
    predict(
      learnt,
      of.map(({ record }) => record),
    )
  const interval = calibrate(
    { actual: validation.map((example) => example.target), predicted: predictions(validation) },
    params.interval_coverage,
  )
  const { user, system } = process.cpuUsage(before)
  const records = heldOutOf(scored, '', predictions)
  learnt.model.dispose()
  const held = records.filter(({ actual, prediction }) => {
    const bounds = interval && boundsOf(interval, prediction)
    return bounds && bounds.low <= actual && actual <= bounds.high
  })
  return { records, held: held.length, cpuSeconds: (user + system) / 1e6 }
}
