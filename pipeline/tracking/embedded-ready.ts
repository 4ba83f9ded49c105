import { readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { InputError } from '../errors.ts'
import { findServers, type Log, type Place, type Running } from './embedded-state.ts'

/** 8 s on an idle machine, up to 49 s seen on a busy one. */
export const START_MS = 120_000
const LOG_LINES = 15

/**
 * Waits until the server answers on its port. False when it ended instead, which `ended` tells where the caller started it itself.
 * Throws InputError at the deadline.
 */
export async function untilReady(
  place: Place,
  running: Running,
  deadline: number,
  log: Log,
  ended?: AbortSignal,
): Promise<boolean> {
  const began = Date.now()
  for (let told = 0; !(await isReady(place, running)); ) {
    if (ended?.aborted) return false
    if (!ended && !(await findServers(place)).some((one) => one.group === running.group)) return false
    if (Date.now() > deadline) {
      throw new InputError(
        `MLflow did not answer at ${uriOf(running)} within ${START_MS / 1000} s; run \`npm run stop\` and try again. The last lines of ${place.log}:\n${tail(place)}`,
      )
    }
    const seconds = Math.floor((Date.now() - began) / 1000)
    if (seconds > told) {
      told = seconds
      log(`starting MLflow … ${seconds} s`)
    }
    await sleep(150)
  }
  rmSync(place.unfinished, { force: true })
  return true
}

/** Its own log says that it listens, so that no other server on that port is taken for it, and it answers. */
async function isReady(place: Place, running: Running): Promise<boolean> {
  if (!readFileSync(place.log, 'utf8').includes(`running on ${uriOf(running)}`)) return false
  try {
    const answer = await request(`${uriOf(running)}/health`, { headersTimeout: 5_000, bodyTimeout: 5_000 })
    return (await answer.body.text()) === 'OK' && answer.statusCode === 200
  } catch {
    return false
  }
}

export const uriOf = (running: Running) => `http://127.0.0.1:${running.port}`

/** The last lines of the server's log. */
export function tail(place: Place): string {
  return readFileSync(place.log, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n')
}
