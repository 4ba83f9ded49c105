import { meanOf } from '../../metric.ts'
import type { Params } from '../../params.ts'
import { metric } from '../../task/judge.ts'
import { predict } from '../../tracking/bundle.ts'
import { Diverged } from '../fit.ts'
import { learn } from '../learn.ts'
import type { Fold } from './folds.ts'

/** What a fold's model came to: the mean of the task's metric over its scored records, null where training diverged; and the metric's sums by blocks of time, from which its chance is told. */
export type FoldScore = { readonly error: number | null; readonly records: number; readonly blocks: readonly number[] }

/** Weeks are alike, four of them hardly tell of the next four. */
const blockMs = 28 * 86_400_000

/** Trains as `make-bundle.ts` does, once a fold, and scores each model on what it has not seen. Calls `onFold` after each. */
export async function runTrial(
  folds: readonly Fold[],
  train: Params['train'],
  onFold: () => void,
): Promise<readonly FoldScore[]> {
  const scores: FoldScore[] = []
  for (const fold of folds) {
    scores.push({ ...(await scoreOf(fold, train)), records: fold.scored.length })
    onFold()
  }
  return scores
}

const diverged = { error: null, blocks: [] }

async function scoreOf(
  { train, validation, scored }: Fold,
  params: Params['train'],
): Promise<Omit<FoldScore, 'records'>> {
  try {
    const learnt = await learn(train, validation, params, () => {})
    const records = scored.map(({ record }) => record)
    const predictions = predict(learnt, records)
    learnt.model.dispose()
    const pairs = scored.map(({ target }, index) => ({ actual: target, prediction: predictions[index] ?? Number.NaN }))
    const error = meanOf(metric.of, pairs)
    if (!Number.isFinite(error)) return diverged
    const blocks: number[] = []
    const first = Date.parse(scored[0]?.time ?? '')
    for (const [index, pair] of pairs.entries()) {
      const block = Math.floor((Date.parse(scored[index]?.time ?? '') - first) / blockMs)
      while (blocks.length <= block) blocks.push(0)
      blocks[block] = (blocks[block] as number) + metric.of(pair)
    }
    return { error, blocks }
  } catch (error) {
    if (error instanceof Diverged) return diverged
    throw error
  }
}
