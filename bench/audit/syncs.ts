import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const bytes = 16_384

/** Appends to a file in `folder` and syncs it, again and again, until `end`, which returns how long each sync took, in ms: what a log that does nothing else waits for. */
export function syncing(folder: string): { readonly end: () => Promise<readonly number[]> } {
  let over = false
  const took = (async () => {
    const name = join(folder, 'syncs')
    const times: number[] = []
    await using file = await open(name, 'w')
    while (!over) {
      const began = performance.now()
      await file.write(Buffer.alloc(bytes))
      await file.datasync()
      times.push(performance.now() - began)
    }
    await rm(name)
    return times
  })()
  return {
    end: () => {
      over = true
      return took
    },
  }
}
