import { meanOf } from '../../metric.ts'
import type { Params } from '../../params.ts'
import { metric } from '../../task/judge.ts'
import { predict } from '../../tracking/bundle.ts'
import { Diverged } from '../fit.ts'
import { learn } from '../learn.ts'
import type { Fold } from './folds.ts'

/** What a fold's model came to: the mean of the task's metric over its scored records; null where training diverged. */
export type FoldScore = { readonly error: number | null; readonly records: number }

/** Trains as `make-bundle.ts` does, once a fold, and scores each model on what it has not seen. Calls `onFold` after each. */
export async function runTrial(
  folds: readonly Fold[],
  train: Params['train'],
  onFold: () => void,
): Promise<readonly FoldScore[]> {
  const scores: FoldScore[] = []
  for (const fold of folds) {
    scores.push({ error: await scoreOf(fold, train), records: fold.scored.length })
    onFold()
  }
  return scores
}

async function scoreOf({ train, validation, scored }: Fold, params: Params['train']): Promise<number | null> {
  try {
    const learnt = await learn(train, validation, params, () => {})
    const records = scored.map(({ record }) => record)
    const predictions = predict(learnt, records)
    learnt.model.dispose()
    const pairs = scored.map(({ target }, index) => ({ actual: target, prediction: predictions[index] ?? Number.NaN }))
    const error = meanOf(metric.of, pairs)
    return Number.isFinite(error) ? error : null
  } catch (error) {
    if (error instanceof Diverged) return null
    throw error
  }
}
