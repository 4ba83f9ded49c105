import { hash, randomUUID } from 'node:crypto'
import { constants, copyFile, link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { pidNamespace, startOf } from './processes.ts'

export type LockOptions = {
  /** What ids of processes mean to who takes it. */
  readonly namespace?: string | undefined
  readonly beatMs?: number
}

/**
 * Takes the lock file at `path`, whose folder is there, unless a living process has it: then its id is returned as `holder`. Given back when disposed.
 * The lock of a process that is gone is taken over; its id may have been given to another since, which the start time tells. With `beatMs`, who has the lock
 * touches it that often, by which those in other pid namespaces (two containers with one volume) know that it lives: they wait for five beats before they take over.
 */
export async function takeLock(
  path: string,
  { namespace = pidNamespace(), beatMs }: LockOptions = {},
): Promise<AsyncDisposable | { readonly holder: number }> {
  const own = { pid: process.pid, started: await startOf(process.pid), namespace, beatMs }
  const mine = JSON.stringify({ ...own, nonce: randomUUID() })
  const beside = `${path}.${randomUUID()}`
  let beats: NodeJS.Timeout | undefined
  const beat = () => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }
  const taken = () => {
    if (beatMs !== undefined) beats = setInterval(beat, beatMs).unref()
    return lock
  }
  const lock = {
    async [Symbol.asyncDispose]() {
      clearInterval(beats)
      if ((await read(path)) === mine) await rm(path, { force: true })
    },
  }
  try {
    await writeFile(beside, mine)
    for (;;) {
      if (await appears(beside, path)) return taken()
      const held = await read(path)
      if (held === undefined) continue
      const holder = await holderOf(held, path, namespace)
      if (holder !== undefined) return { holder }
      // Taking over is itself under a lock, one for just this stale file: else one that was slow since it looked would take away the fresh lock
      // of one that was quick. Whoever has that right holds the lock next.
      const right = await takeLock(`${path}.${hash('sha256', held).slice(0, 12)}`, { namespace })
      if ('holder' in right) return right
      await using _right = right
      if ((await read(path)) !== held) continue
      await rename(beside, path)
      return taken()
    }
  } finally {
    await rm(beside, { force: true })
  }
}

/** A link appears with its content or not at all, and for one only. */
async function appears(beside: string, path: string): Promise<boolean> {
  try {
    await link(beside, path).catch((error: NodeJS.ErrnoException) => {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(error.code ?? '')) throw error
      // Some network volumes have no links. A copy may be seen half-written, for an instant.
      return copyFile(beside, path, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

type Held = { readonly pid?: number; readonly started?: string; readonly namespace?: string; readonly beatMs?: number }

/** The process that wrote this into its lock, while it lives. What a power cut left of a lock has none. */
async function holderOf(text: string, path: string, here: string | undefined): Promise<number | undefined> {
  const { pid, started, namespace, beatMs } = parse(text)
  if (pid === undefined || started === undefined) return undefined
  if (namespace === here || beatMs === undefined) return (await startOf(pid)) === started ? pid : undefined
  return (await beatsAt(path, beatMs)) ? pid : undefined
}

function parse(text: string): Held {
  try {
    return Object(JSON.parse(text)) as Held
  } catch {
    return {}
  }
}

/** Whether somebody touches the file within five beats. */
async function beatsAt(path: string, beatMs: number): Promise<boolean> {
  const touched = () =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
  const before = await touched()
  for (let beat = 0; beat < 5; beat += 1) {
    await sleep(beatMs)
    const now = await touched()
    if (now !== before) return now !== undefined
  }
  return false
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
