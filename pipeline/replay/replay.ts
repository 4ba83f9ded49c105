import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../steps/context.ts'
import { entryOf } from './entry.ts'
import { recordsToReplay, startTraffic } from './traffic.ts'

export type Replayed = {
  readonly requests: number
  readonly failed: number
  readonly seconds: number
  readonly failures: readonly string[]
}

/**
 * Sends an environment the sample's last year, as its clients would, until `requests` were answered or `signal` says stop: traffic for a rehearsal, where a canary
 * would wait for clients that do not exist.
 */
export async function replay(
  { root, progress }: Pick<Context, 'root' | 'progress'>,
  {
    environment,
    requests,
    signal,
  }: { readonly environment: string; readonly requests: number; readonly signal: AbortSignal },
): Promise<Replayed> {
  const { url, key } = await entryOf(root, environment)
  const started = performance.now()
  const traffic = startTraffic(url, key, await recordsToReplay(root))
  const { seen } = traffic
  while (!signal.aborted && seen.requests < requests) {
    await sleep(100)
    progress(`replay: ${seen.requests} requests to ${url}, ${seen.failed} failed`)
  }
  await traffic.stop()
  const failures = [...seen.failures].map(([what, count]) => `${count} × ${what}`)
  return {
    requests: seen.requests,
    failed: seen.failed,
    seconds: Math.round((performance.now() - started) / 1000),
    failures,
  }
}
