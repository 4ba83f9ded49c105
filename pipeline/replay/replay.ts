import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { readJournal } from '../release/journal.ts'
import type { Release } from '../release/release.ts'
import { stateDir } from '../release/targets/files.ts'
import type { Context } from '../steps/context.ts'
import { entryOf } from './entry.ts'
import { recordsOfStable } from './stable-records.ts'
import { startTraffic, type Traffic } from './traffic.ts'

export type Replayed = {
  readonly requests: number
  readonly failed: number
  readonly seconds: number
  readonly failures: readonly string[]
}

type Telling = Pick<Context, 'root' | 'say' | 'progress'>

/**
 * Sends an environment the sample's last year, as its clients would, until `requests` were answered or `signal` says stop: traffic for a rehearsal, where a canary
 * would wait for clients that do not exist.
 */
export async function replay(
  context: Telling,
  {
    environment,
    requests,
    signal,
  }: { readonly environment: string; readonly requests: number; readonly signal: AbortSignal },
): Promise<Replayed> {
  const { stable, rollout } = await readJournal(stateDir(context.root, environment))
  const serves = stable?.release ?? rollout?.release
  const { url } = await entryOf(context.root, environment)
  if (!serves) throw new InputError(`${environment} has no release to send records to; deploy to it first`)
  const started = performance.now()
  const traffic = await sendClients(context, environment, serves)
  const { seen } = traffic
  while (!signal.aborted && seen.requests < requests) {
    await sleep(100)
    context.progress(`replay: ${seen.requests} requests to ${url}, ${seen.failed} failed`)
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

/** Clients of the release that serves an environment, over and over until they are stopped. Throws InputError where nothing serves. */
export async function sendClients({ root, say }: Telling, environment: string, stable: Release): Promise<Traffic> {
  const { url, key } = await entryOf(root, environment)
  const records = await recordsOfStable(root, environment, stable, say)
  say(
    `${environment}: ${records.length} records are replayed against it, made by the code of ${stable.commit.slice(0, 12)}`,
  )
  return startTraffic(url, key, records)
}
