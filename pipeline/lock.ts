import { hash, randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { startOf } from './processes.ts'

/**
 * Takes the lock file at `path`, whose folder is there, unless a living process has it: then its id is returned as `holder`. Given back when disposed.
 * The lock of a process that is gone is taken over; its id may have been given to another since, which the start time tells.
 */
export async function takeLock(path: string): Promise<AsyncDisposable | { readonly holder: number }> {
  const mine = JSON.stringify({ pid: process.pid, started: await startOf(process.pid), nonce: randomUUID() })
  const beside = `${path}.${randomUUID()}`
  const lock = {
    async [Symbol.asyncDispose]() {
      if ((await read(path)) === mine) await rm(path, { force: true })
    },
  }
  try {
    await writeFile(beside, mine)
    for (;;) {
      if (await appears(beside, path)) return lock
      const held = await read(path)
      if (held === undefined) continue
      const holder = await holderOf(held)
      if (holder !== undefined) return { holder }
      // Taking over is itself under a lock, one for just this stale file: else one that was slow since it looked would take away the fresh lock
      // of one that was quick. Whoever has that right holds the lock next.
      const right = await takeLock(`${path}.${hash('sha256', held).slice(0, 12)}`)
      if ('holder' in right) return right
      await using _right = right
      if ((await read(path)) !== held) continue
      await rename(beside, path)
      return lock
    }
  } finally {
    await rm(beside, { force: true })
  }
}

/** A link appears with its content or not at all, and for one only. */
async function appears(beside: string, path: string): Promise<boolean> {
  try {
    await link(beside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** The process that wrote this into its lock, while it lives. What a power cut left of a lock has none. */
async function holderOf(text: string): Promise<number | undefined> {
  try {
    const { pid, started } = Object(JSON.parse(text)) as { pid?: number; started?: string }
    return pid !== undefined && started !== undefined && (await startOf(pid)) === started ? pid : undefined
  } catch {
    return undefined
  }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
