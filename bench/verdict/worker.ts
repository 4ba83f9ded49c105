/** One worker of a pool: takes a job by name with its arguments, and answers with what it returned. */
import { parentPort } from 'node:worker_threads'
import { jobs } from './jobs.ts'

parentPort?.on('message', ({ name, args }: { name: keyof typeof jobs; args: never }) => {
  parentPort?.postMessage(jobs[name](args))
})
