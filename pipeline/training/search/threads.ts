import { Worker } from 'node:worker_threads'
import type { Params } from '../../params.ts'
import type { Fold } from './folds.ts'
import type { FoldScore } from './trial.ts'
import type { Answer } from './worker.ts'

/** One trial: a section `train`, and the share of each fold's training records that it learns from, the newest; all of them when left out. */
export type Work = { readonly train: Params['train']; readonly share?: number }

/** Runs a trial; `onFold` is called after each fold. */
export type RunTrial = (work: Work, onFold: () => void) => Promise<readonly FoldScore[]>

/**
 * Starts so many threads, each of which trains one trial at a time; who asks for more waits. What a trial comes to does not depend on the thread, nor on what that trained before.
 * Ended when disposed.
 */
export function openThreads(threads: number, folds: readonly Fold[]): { readonly run: RunTrial } & AsyncDisposable {
  const workers: Worker[] = []
  const free: Worker[] = []
  const waiting: ((worker: Worker) => void)[] = []
  // A search whose trials were all done before starts none.
  const start = () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { folds } })
    workers.push(worker)
    return worker
  }
  const take = async () =>
    free.pop() ?? (workers.length < threads ? start() : new Promise<Worker>((resolve) => waiting.push(resolve)))
  return {
    async run(work, onFold) {
      const worker = await take()
      try {
        return await ask(worker, work, onFold)
      } finally {
        const next = waiting.shift()
        if (next) next(worker)
        else free.push(worker)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function ask(worker: Worker, work: Work, onFold: () => void): Promise<readonly FoldScore[]> {
  return new Promise((resolve, reject) => {
    const end = () => {
      worker.off('message', answered).off('error', failed).off('exit', ended)
    }
    const answered = (answer: Answer) => {
      if ('fold' in answer) return onFold()
      end()
      if ('scores' in answer) resolve(answer.scores)
      else reject(new Error(`search: a trial failed: ${answer.failed}`))
    }
    const failed = (error: unknown) => {
      end()
      reject(error)
    }
    const ended = (code: number) => failed(new Error(`search: a thread ended with ${code} in the middle of a trial`))
    worker.on('message', answered).on('error', failed).on('exit', ended)
    worker.postMessage(work)
  })
}
