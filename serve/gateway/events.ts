import { closeSync, mkdirSync, openSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { freshSeed } from './draws.ts'
import { readEnd } from './events-end.ts'
import type { Arm } from './members.ts'

/** What the first attempt of one prediction request was like; the client may have seen better, by the retry on stable. */
export type Event = {
  readonly at: number
  readonly arm: Arm
  readonly weight: number
  /** Status code; 0 when no answer came in time. */
  readonly status: number
  readonly ms: number
  readonly bin: number | null
  readonly out: 0 | 1
}

export type EventLog = {
  append(event: Event): void
  /** Resolves when all that was appended has been handed to the operating system, or writing failed (see `failing`). */
  flush(): Promise<void>
  /** Closes the file; what could not be written until now is lost. */
  close(): void
  /** The seed that the file's last line of that kind names: the stream of draws that belongs to the events from here on. */
  readonly seed: number
  /** Bytes not written yet. */
  readonly pending: number
  /** Why the last write failed, until one succeeds. */
  readonly failing: string | undefined
  /** Events that could not be kept in memory either. */
  readonly lost: number
}

type Write = (descriptor: number, buffer: Buffer) => Promise<{ readonly bytesWritten: number }>
const writeFile: Write = promisify(write)

const flushMs = 50
// About 60,000 events: what is kept while the disk is full.
const maxPendingBytes = 8 * 1024 * 1024

/**
 * Opens `file` for appending, one JSON line an event, numbered on from the last whole line. A line that a crash cut short is ended first, so that it spoils no other.
 * Each opening begins a stream of draws, and says so: `{"seed":…,"at":…}`, with `seed` in a new file and a fresh one where events are already there, so that no draw is used twice. Lines are written every 50 ms at the latest, not synced to the disk: they outlive the process, not the machine.
 * Where the disk is full, lines wait in memory and are tried again; the gateway goes on. Throws when the file cannot be opened.
 */
export function openEventLog(file: string, firstSeed: number | undefined, writeBytes: Write = writeFile): EventLog {
  mkdirSync(dirname(file), { recursive: true })
  const descriptor = openSync(file, 'a+')
  const end = readEnd(descriptor)
  const seed = end.empty && firstSeed !== undefined ? firstSeed : freshSeed()
  let next = end.last + 1
  let pending: Buffer[] = []
  let pendingBytes = 0
  let failing: string | undefined
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  function push(line: string): boolean {
    if (closed) return false
    const bytes = Buffer.from(line)
    if (pendingBytes + bytes.length > maxPendingBytes) return false
    pending.push(bytes)
    pendingBytes += bytes.length
    timer ??= setTimeout(flush, flushMs)
    return true
  }

  async function drain(): Promise<void> {
    while (pendingBytes > 0) {
      let rest = Buffer.concat(pending, pendingBytes)
      pending = []
      pendingBytes = 0
      try {
        while (rest.length > 0) rest = rest.subarray((await writeBytes(descriptor, rest)).bytesWritten)
        failing = undefined
      } catch (error) {
        // A full disk takes part of a line: what is kept begins exactly where the file ends.
        failing = (error as Error).message
        pending.unshift(rest)
        pendingBytes += rest.length
        return
      }
    }
  }

  function flush(): Promise<void> {
    if (closed) return Promise.resolve()
    clearTimeout(timer)
    timer = undefined
    writing = (writing ?? Promise.resolve()).then(drain).then(() => {
      if (pendingBytes > 0 && !closed) timer ??= setTimeout(flush, flushMs * 10)
    })
    return writing
  }

  push(`${end.torn ? '\n' : ''}${JSON.stringify({ seed, at: Date.now() })}\n`)
  return {
    append(event) {
      if (!push(`${JSON.stringify({ n: next, ...event })}\n`)) lost += 1
      // A number is used up by a lost event too: whoever reads the file sees the gap, also after a restart.
      next += 1
    },
    flush,
    close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      closeSync(descriptor)
    },
    seed,
    get pending() {
      return pendingBytes
    },
    get failing() {
      return failing
    },
    get lost() {
      return lost
    },
  }
}
