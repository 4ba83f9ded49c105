import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../pipeline/errors.ts'
import { type Disk, realDisk } from './disk.ts'
import { lockFolder } from './lock.ts'
import { recover } from './recover.ts'
import { type Keep, outlived } from './retention.ts'
import { createWriter, type Writer } from './writer.ts'

export type LogOptions = {
  /** The folder of this one log: nobody else writes there. */
  readonly folder: string
  readonly environment: string
  /** What an appended line outlives once its promise resolves: the end of this process, or a power cut, too. */
  readonly durability: 'process' | 'power'
  readonly rotate: { readonly bytes: number; readonly ms: number }
  readonly keep: Keep
  readonly log?: (line: string) => void
  readonly disk?: Disk
  /** How long the disk may take for one thing before those who wait are told that it failed. */
  readonly stallMs?: number
}

/** How many predictions, and how many refusals, left without a record. */
export type Missed = { readonly lost: number; readonly refused: number }

export type LogStatus = Writer['now'] & {
  readonly failing: string | undefined
  /** Lines and batches written since the log was opened. */
  readonly written: number
  readonly batches: number
}

export type AuditLog = {
  /** Appends lines, given as fields; resolves when they are written. Rejects when they cannot be: `missed` is what the log will tell of them once it is written again. */
  append(lines: readonly string[], missed: Missed): Promise<void>
  /** Why nothing can be written now; undefined when all is well. */
  readonly failing: string | undefined
  readonly status: LogStatus
  /** Has `see` called for each batch with the ms that its first line waited. */
  onBatch(see: (ms: number) => void): void
  /** Writes what was appended and closes the files. */
  close(): Promise<void>
}

type Batch = {
  readonly lines: string[]
  readonly since: number
  lost: number
  refused: number
  readonly done: PromiseWithResolvers<void>
}
type Failure = { readonly why: string; readonly since: string; lost: number; refused: number }

const tickMs = 1000
const ticksBetweenLooks = 60
// More would make one string of hundreds of MB when many large requests meet.
const maxLinesAtOnce = 10_000

/**
 * Opens the log in `folder` and goes on where it ends. All that is appended while a batch is being written is the next batch: one write, and for `power` one fdatasync,
 * however many wait for it (group commit; Gray & Reuter 1992, "Transaction Processing", 9.4). When a write fails, everybody is refused at once, until a write
 * a second later succeeds; the log then says what it missed. Once another process has its lock, it fails for good. Throws InputError when the folder cannot be used; a full disk is no such reason.
 */
export async function openAuditLog(options: LogOptions): Promise<AuditLog> {
  const { folder, rotate, disk = realDisk, stallMs = 2000 } = options
  const say = (line: string) => options.log?.(`audit log ${folder}: ${line}`)
  const power = options.durability === 'power'
  /** Why nothing may be written any more. */
  let lost: string | undefined
  let [waiting, writing]: (Batch | undefined)[] = []
  let failing: Failure | undefined
  const unlock = await take(folder, () => {
    lost =
      'another process has taken its lock over while this one stood still; nothing more is written: restart this server'
    fail(lost)
  })
  const place = await recover(folder, disk, power)
  const writer = createWriter({ folder, environment: options.environment, disk, power }, place)
  /** Lines about the log itself, for the next write. */
  let notes = [...place.notes]
  for (const note of notes) say(`{${note}}`)

  let busy: Promise<void> | undefined
  /** When what is being done to the files began. */
  let began: number | undefined
  let lookDue = false
  let see: (ms: number) => void = () => {}
  let [closed, written, batches, ticks] = [false, 0, 0, 0]

  function append(lines: readonly string[], { lost, refused }: Missed): Promise<void> {
    if (closed) return Promise.reject(new Error('the audit log is closed'))
    if (failing) {
      failing.lost += lost
      failing.refused += refused
      return Promise.reject(new Error(failing.why))
    }
    if (!waiting) {
      waiting = { lines: [], since: performance.now(), lost: 0, refused: 0, done: Promise.withResolvers() }
      // After all that this turn appends, before the next one begins.
      if (!busy) process.nextTick(work)
    }
    for (const line of lines) waiting.lines.push(line)
    waiting.lost += lost
    waiting.refused += refused
    return waiting.done.promise
  }

  const next = () => (lost !== undefined ? undefined : lookDue ? look : waiting && !failing ? writeWaiting : undefined)

  /** One thing at a time is done to the files; a look comes between two batches, since with a slow disk there always is another. */
  function work(): void {
    if (busy || !next()) return
    busy = workOff().finally(() => {
      busy = undefined
      work()
    })
  }

  async function workOff(): Promise<void> {
    for (let task = next(); task; task = next()) {
      began = performance.now()
      await task().catch((error: Error) => fail(error.message))
      began = undefined
      writing = undefined
    }
  }

  async function writeWaiting(): Promise<void> {
    const batch = waiting
    if (!batch) return
    writing = batch
    waiting = undefined
    await commit(batch.lines)
    batch.done.resolve()
    see(performance.now() - batch.since)
  }

  /** The lock may be lost while anything is awaited: asked before each thing that is done to the files. */
  function requireLock(): void {
    if (lost !== undefined) throw new Error(lost)
  }

  async function commit(lines: readonly string[]): Promise<void> {
    if (isDue()) await turnOver()
    const all = notes.length > 0 ? [...notes, ...lines] : lines
    for (let from = 0; from < all.length; from += maxLinesAtOnce) {
      requireLock()
      await writer.write(all.length <= maxLinesAtOnce ? all : all.slice(from, from + maxLinesAtOnce))
    }
    notes = []
    written += lines.length
    batches += 1
  }

  function isDue(): boolean {
    const { size, lines, since } = writer.now
    return lines > 1 && (size >= rotate.bytes || Date.now() - since >= rotate.ms)
  }

  async function turnOver(): Promise<void> {
    requireLock()
    await writer.seal()
    const { segment, n, hash } = writer.now
    say(`segment ${segment} is sealed by record ${n}, hash ${hash}`)
    ticks = 0
  }

  /** Those who wait are told; so is everybody who comes, until a write succeeds. */
  function fail(why: string): void {
    if (!failing || (why === lost && failing.why !== why)) say(`cannot be written: ${why}`)
    if (failing && why === lost) failing = { ...failing, why }
    failing ??= { why, since: new Date().toISOString(), lost: 0, refused: 0 }
    for (const batch of [writing, waiting]) {
      if (!batch) continue
      failing.lost += batch.lost
      failing.refused += batch.refused
      batch.done.reject(new Error(why))
    }
    writing = undefined
    waiting = undefined
  }

  function tick(): void {
    if (began !== undefined && performance.now() - began > stallMs)
      fail(`the disk has not answered for more than ${stallMs} ms`)
    lookDue = true
    work()
  }

  async function look(): Promise<void> {
    lookDue = false
    const { file } = writer.now
    const there = file === undefined || (await disk.exists(file))
    requireLock()
    if (!there) {
      writer.leave(`${file} is not there any more`)
      fail(`${file} is not there any more`)
    }
    if (failing) await resume(failing)
    else if (isDue()) await turnOver()
    if (ticks % ticksBetweenLooks === 0) await retire()
    ticks += 1
  }

  async function resume(failure: Failure): Promise<void> {
    const told = { lost: failure.lost, refused: failure.refused }
    await mkdir(folder, { recursive: true })
    await commit([gap(failure, told)])
    if (lost !== undefined) return
    failing = undefined
    // Who came while the gap was written is not in it.
    const late = { lost: failure.lost - told.lost, refused: failure.refused - told.refused }
    if (late.lost + late.refused > 0) notes.push(gap(failure, late))
    say(`written again; without a record are ${failure.lost} predictions and ${failure.refused} refusals`)
  }

  /** Said before it is done: a file that outlives its line is no gap. */
  async function retire(): Promise<void> {
    const old = await outlived(folder, options.keep, writer.now.segment)
    if (!old) return
    await commit([old.note])
    for (const file of old.files) {
      requireLock()
      await disk.remove(file)
    }
    say(`{${old.note}}`)
  }

  const timer = setInterval(tick, tickMs).unref()
  return {
    append,
    onBatch(own) {
      see = own
    },
    get failing() {
      return failing?.why
    },
    get status() {
      return { ...writer.now, failing: failing?.why, written, batches }
    },
    async close() {
      closed = true
      clearInterval(timer)
      work()
      // A disk that does not answer must not keep the server from ending.
      const hangs = sleep(stallMs, true, { ref: false })
      while (busy) if (await Promise.race([busy, hangs])) return
      await writer.close()
      await unlock()
    },
  }
}

const gap = ({ why, since }: Failure, { lost, refused }: Missed) =>
  `"kind":"gap","at":"${new Date().toISOString()}","since":"${since}","lost":${lost},"refused":${refused},"why":${JSON.stringify(why)}`

/** Makes the folder and locks it. A disk that is full now need not be when there is something to write. */
async function take(folder: string, onLost: () => void): Promise<() => Promise<void>> {
  try {
    // Personal data may be in it.
    await mkdir(folder, { recursive: true, mode: 0o750 })
    return await lockFolder(folder, onLost)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (cause instanceof InputError) throw cause
    if (code === 'ENOSPC' || code === 'EDQUOT') return async () => {}
    throw new InputError(`${folder}: the audit log cannot be written there (${message})`, { cause })
  }
}
