import { closeSync, mkdirSync, openSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Arm } from '../../pipeline/gateway-members.ts'
import { freshSeed } from './draws.ts'
import { readEnd } from './events-end.ts'

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
  /** An opaque name for the client, where routing is sticky. */
  readonly client?: string
}

/** A mirrored request: whether the canary's answer to the copy disagrees with stable's, or is missing. */
export type Pair = { readonly at: number; readonly disagrees: 0 | 1; readonly client?: string }

export type EventLog = {
  append(event: Event | Pair): void
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
  // What a write left over, and lines after it: made bytes all at once, which costs a tenth of doing it one by one. All is ASCII: a character is a byte.
  let rest = Buffer.alloc(0)
  let lines = ''
  let failing: string | undefined
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let closed = false

  const pending = () => rest.length + lines.length

  function push(line: string): boolean {
    if (closed || pending() + line.length > maxPendingBytes) return false
    lines += line
    timer ??= setTimeout(flush, flushMs)
    return true
  }

  async function drain(): Promise<void> {
    while (pending() > 0) {
      // A full disk takes part of a line: what is kept begins exactly where the file ends.
      rest = rest.length === 0 ? Buffer.from(lines, 'latin1') : Buffer.concat([rest, Buffer.from(lines, 'latin1')])
      lines = ''
      try {
        while (rest.length > 0) rest = rest.subarray((await writeBytes(descriptor, rest)).bytesWritten)
        failing = undefined
      } catch (error) {
        failing = (error as Error).message
        return
      }
    }
  }

  function flush(): Promise<void> {
    if (closed) return Promise.resolve()
    clearTimeout(timer)
    timer = undefined
    writing = (writing ?? Promise.resolve()).then(drain).then(() => {
      if (pending() > 0 && !closed) timer ??= setTimeout(flush, flushMs * 10)
    })
    return writing
  }

  push(`${end.torn ? '\n' : ''}${JSON.stringify({ seed, at: Date.now() })}\n`)
  return {
    append(event) {
      if (!push(lineOf(next, event))) lost += 1
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
      return pending()
    },
    get failing() {
      return failing
    },
    get lost() {
      return lost
    },
  }
}

/** As JSON.stringify would write it, at a third of its price; all values are numbers, or words of our own. */
function lineOf(n: number, event: Event | Pair): string {
  const client = event.client === undefined ? '' : `,"client":"${event.client}"`
  if ('disagrees' in event) return `{"n":${n},"at":${event.at},"disagrees":${event.disagrees}${client}}\n`
  const { at, arm, weight, status, ms, bin, out } = event
  return `{"n":${n},"at":${at},"arm":"${arm}","weight":${weight},"status":${status},"ms":${ms},"bin":${bin},"out":${out}${client}}\n`
}
