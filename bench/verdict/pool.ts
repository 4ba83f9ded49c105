import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Jobs } from './jobs.ts'

/** Runs jobs on as many threads as the machine has cores. The answers come in the order of the arguments, whoever was quicker, so the same seeds give the same figures. */
export function openPool() {
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('./worker.ts', import.meta.url)),
  )
  const free = [...workers]
  const waiting: ((worker: Worker) => void)[] = []
  const take = async () => free.pop() ?? new Promise<Worker>((resolve) => waiting.push(resolve))

  async function one(name: keyof Jobs, args: unknown): Promise<unknown> {
    const worker = await take()
    try {
      worker.postMessage({ name, args })
      const [answer] = await once(worker, 'message')
      return answer
    } finally {
      const next = waiting.shift()
      if (next) next(worker)
      else free.push(worker)
    }
  }

  return {
    /** The seeds 0 … `repetitions` of one job, in parts. */
    run<Name extends keyof Jobs>(
      name: Name,
      args: Omit<Parameters<Jobs[Name]>[0], 'from' | 'to'>,
      repetitions: number,
      parts = 16,
    ): Promise<ReturnType<Jobs[Name]>[]> {
      const size = Math.ceil(repetitions / parts)
      const from = Array.from({ length: Math.ceil(repetitions / size) }, (_, part) => part * size)
      const all = from.map((start) => one(name, { ...args, from: start, to: Math.min(repetitions, start + size) }))
      return Promise.all(all) as Promise<ReturnType<Jobs[Name]>[]>
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

export type Pool = ReturnType<typeof openPool>
