import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOf } from '../../../pipeline/processes.ts'
import { endMachine } from './processes.ts'

export const prefix = 'mergeline-world-'
export const ownerFile = 'owner.json'

/** Removes the worlds of tests that were killed, and ends what still runs in them. */
export async function sweepWorlds(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const home = join(tmpdir(), name)
    const owner = await ownerOf(home)
    if (!owner || (await startOf(owner.pid)) === owner.started) continue
    await endMachine(home, '')
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Undefined where it is only just being made. */
async function ownerOf(home: string): Promise<{ readonly pid: number; readonly started: string } | undefined> {
  try {
    return JSON.parse(await readFile(join(home, ownerFile), 'utf8'))
  } catch {
    return undefined
  }
}
