/** One thread of the search: is given examples once, then one trial after the other, each a section `train`; answers with its scores. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Params } from '../../params.ts'
import type { Fold } from './folds.ts'
import { type FoldScore, runTrial } from './trial.ts'

export type Answer = { readonly fold: true } | { readonly scores: readonly FoldScore[] } | { readonly failed: string }

const { folds } = workerData as { readonly folds: readonly Fold[] }
const answer = (message: Answer) => parentPort?.postMessage(message)

parentPort?.on('message', async (train: Params['train']) => {
  try {
    answer({ scores: await runTrial(folds, train, () => answer({ fold: true })) })
  } catch (error) {
    answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
