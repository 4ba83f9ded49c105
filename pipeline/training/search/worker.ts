/** One thread of the search: is given examples once, then one trial after the other; answers with its scores. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Fold, newestPart } from './folds.ts'
import type { Work } from './threads.ts'
import { type FoldScore, runTrial } from './trial.ts'

export type Answer = { readonly fold: true } | { readonly scores: readonly FoldScore[] } | { readonly failed: string }

const { folds } = workerData as { readonly folds: readonly Fold[] }
const answer = (message: Answer) => parentPort?.postMessage(message)

parentPort?.on('message', async ({ train, share = 1 }: Work) => {
  try {
    answer({ scores: await runTrial(newestPart(folds, share), train, () => answer({ fold: true })) })
  } catch (error) {
    answer({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
