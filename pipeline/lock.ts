import { hash, randomUUID } from 'node:crypto'
import { readFile, rm, stat, utimes } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isYoung, makeOnce, writeWhole } from './files.ts'
import { runOfMachine, startOf } from './processes.ts'

export type LockOptions = {
  /** Among whom ids of processes mean the same to who takes it: see `runOfMachine`. Null where that cannot be told. */
  readonly run?: string | null
  readonly beatMs?: number | undefined
  /** Called once by who has the lock and finds at a beat that it has it no more: it stood still for so long that others took it for gone. */
  readonly onLost?: () => void
}

/**
 * Takes the lock file at `path`, whose folder is there, unless a living process has it: then its id is returned as `holder`. Given back when disposed.
 * The lock of a process that is gone is taken over; its id may have been given to another since, which the start time tells. With `beatMs`, who has the lock
 * touches it that often, by which those on other machines and in other containers, with one volume, know that it lives: they wait for five beats before they take over.
 */
export async function takeLock(
  path: string,
  { run: known, beatMs, onLost = () => {} }: LockOptions = {},
): Promise<AsyncDisposable | { readonly holder: number }> {
  const run = known === undefined ? await runOfMachine() : known
  const own = { pid: process.pid, started: await startOf(process.pid), run, beatMs }
  const mine = JSON.stringify({ ...own, nonce: randomUUID() })
  let beating: Disposable | undefined
  const taken = () => {
    if (beatMs !== undefined) beating = beatOn(path, mine, beatMs, onLost)
    return lock
  }
  const lock = {
    async [Symbol.asyncDispose]() {
      beating?.[Symbol.dispose]()
      if ((await read(path)) === mine) await rm(path, { force: true })
    },
  }
  for (;;) {
    const held = await read(path)
    if (held === undefined) {
      if (await makeOnce(path, mine)) return taken()
      continue
    }
    const { pid, ...its } = parse(held)
    if (pid === undefined || its.started === undefined) {
      // It is being written, on a volume without links, or what a power cut left of it.
      if (await isYoung(path, lostBeats * (beatMs ?? 1000))) {
        await sleep(20)
        continue
      }
    } else if (await lives({ pid, ...its }, path, run)) return { holder: pid }
    // Taking over is itself under a lock, one for just this stale file: else one that was slow since it looked would take away the fresh lock
    // of one that was quick. Whoever has that right holds the lock next.
    const right = await takeLock(`${path}.${hash('sha256', held).slice(0, 12)}`, { run, beatMs })
    if ('holder' in right) return right
    await using _right = right
    if ((await read(path)) !== held) continue
    await writeWhole(path, mine)
    return taken()
  }
}

/** After how many beats that did not come a holder is gone. */
const lostBeats = 5

/** Touches the lock until it is disposed or has lost it. */
function beatOn(path: string, mine: string, beatMs: number, onLost: () => void): Disposable {
  let [last, busy, ended] = [Date.now(), false, false]
  const end = () => {
    ended = true
    clearInterval(timer)
  }
  async function beat(): Promise<void> {
    const held = await read(path)
    const now = new Date()
    // Others may have come and gone while this one stood still. Else who takes a lock away, with its folder, knows why.
    const lost = held === undefined ? now.getTime() - last > lostBeats * beatMs : held !== mine
    if (ended) return
    if (lost) {
      end()
      onLost()
      return
    }
    if (held !== undefined) await utimes(path, now, now)
    last = now.getTime()
  }
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    // A disk that fails at one beat may be back at the next; where it fails for too long, somebody else has the lock by then.
    beat()
      .catch(() => {})
      .finally(() => {
        busy = false
      })
  }, beatMs).unref()
  return { [Symbol.dispose]: end }
}

type Held = { readonly pid?: number; readonly started?: string; readonly run?: string | null; readonly beatMs?: number }

/** Whether the process that has the lock lives. */
async function lives(
  { pid, started, run, beatMs }: Held & { readonly pid: number },
  path: string,
  here: string | null,
): Promise<boolean> {
  if (beatMs === undefined || (run === here && here !== null)) return (await startOf(pid)) === started
  return beatsAt(path, beatMs)
}

function parse(text: string): Held {
  try {
    return Object(JSON.parse(text)) as Held
  } catch {
    return {}
  }
}

/** Whether somebody touches the file before it is too late. */
async function beatsAt(path: string, beatMs: number): Promise<boolean> {
  const touched = () =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
  const before = await touched()
  for (let beat = 0; beat < lostBeats; beat += 1) {
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
