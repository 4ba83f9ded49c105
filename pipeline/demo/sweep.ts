import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOf } from '../processes.ts'
import { stop } from '../steps/stop.ts'
import { type Owner, ownerFile, type Scratch, scratchPrefix } from './scratch.ts'

/** Ends what runs in a scratch clone, then removes it. */
export async function removeScratch({ home, root }: Pick<Scratch, 'home' | 'root'>): Promise<void> {
  // What a command was just starting may not be seen by the first look.
  for (let found = true; found; ) found = (await stop(root)).length > 0
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}

/** Removes the scratch clones whose demo was killed, with all that runs in them. Returns their folders. */
export async function sweepScratches(): Promise<readonly string[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(scratchPrefix))
  const swept: string[] = []
  for (const home of names.map((name) => join(tmpdir(), name))) {
    const owner = await ownerOf(home)
    if (!owner || owner.keep || (await startOf(owner.pid)) === owner.started) continue
    await removeScratch({ home, root: join(home, 'clone') })
    swept.push(home)
  }
  return swept
}

/** Undefined where it cannot be read: then it is somebody else's, or only just being made. */
async function ownerOf(home: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(home, ownerFile), 'utf8')) as Owner
  } catch {
    return undefined
  }
}
