import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lockEnvironment } from './journal.ts'
import { containersHere, remove } from './targets/docker.ts'
import { stateDir } from './targets/files.ts'
import { end, processesOf } from './targets/processes.ts'

const drainMs = 15_000

/**
 * Ends the gateway and the servers of an environment on this machine: the gateway first, which answers what is in flight. What was released stays
 * released: the next deploy starts it again. Returns how many processes and containers it ended.
 */
export async function stop(root: string, environment: string): Promise<number> {
  const state = stateDir(root, environment)
  if ((await processesOf(state)).length + (await containersHere(state)).length === 0) return 0
  await using _lock = await lockEnvironment(state, environment)
  const found = await processesOf(state)
  const containers = await containersHere(state)
  await end(state, 'gateway')
  const ids = new Set(found.map(({ id }) => id))
  await Promise.all([...ids].map((id) => end(state, id)))
  await Promise.all(containers.map(({ id }) => remove(id, drainMs)))
  return found.length + containers.length
}

/** The environments that ever ran something on this machine, whether or not the repository still has them. */
export async function environmentsHere(root: string): Promise<string[]> {
  const found = await readdir(join(root, '.mergeline', 'host'), { withFileTypes: true }).catch(() => [])
  return found.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}
