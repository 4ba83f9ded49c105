import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lockEnvironment } from './journal.ts'
import { stateDir } from './targets/files.ts'
import { end, processesOf } from './targets/processes.ts'

/**
 * Ends the gateway and the servers of an environment on this machine: the gateway first, which answers what is in flight. What was released stays
 * released: the next deploy starts it again. Returns how many processes it ended.
 */
export async function stop(root: string, environment: string): Promise<number> {
  const state = stateDir(root, environment)
  if ((await processesOf(state)).length === 0) return 0
  await using _lock = await lockEnvironment(state, environment)
  const found = await processesOf(state)
  await end(state, 'gateway')
  const ids = new Set(found.map(({ id }) => id))
  await Promise.all([...ids].map((id) => end(state, id)))
  return found.length
}

/** The environments that ever ran something on this machine, whether or not the repository still has them. */
export async function environmentsHere(root: string): Promise<string[]> {
  return readdir(join(root, '.mergeline', 'host')).catch(() => [])
}
