import { dirname, join } from 'node:path'
import { makeLines } from '../../pipeline/audit/line.ts'
import { segmentName } from '../../pipeline/audit/segments.ts'
import type { Disk } from './disk.ts'
import type { Place } from './recover.ts'

export type Writer = {
  /** Appends lines, given as fields, to the open segment: all of them or none. Resolves when they are as safe as configured. */
  write(lines: readonly string[]): Promise<void>
  /** Ends the open segment, where there is one: the next write begins another. */
  seal(): Promise<void>
  /** Gives up the open segment, because its file is not there any more: the next write begins another, and the log says so. */
  leave(why: string): void
  close(): Promise<void>
  readonly now: {
    readonly segment: number
    /** The open segment's file; undefined before the first write of a new one. */
    readonly file: string | undefined
    readonly size: number
    /** Lines in the open segment. */
    readonly lines: number
    /** When it began, in ms of the Unix epoch. */
    readonly since: number
    readonly n: number
    readonly hash: string
  }
}

export type WriterOptions = {
  readonly folder: string
  readonly environment: string
  readonly disk: Disk
  /** Whether what was written must outlive a power cut, not only this process. */
  readonly power: boolean
}

/**
 * Makes the one that writes a log from `place` on, one call at a time. A line's number and hash are only used up once its write has succeeded; after one that did not,
 * the file is cut back to where it was, at once or before the next write.
 */
export function createWriter({ folder, environment, disk, power }: WriterOptions, place: Place): Writer {
  let { n, hash, segment } = place
  let descriptor: number | undefined
  let file: string | undefined = place.open?.file
  let { size, lines, since } = place.open ?? { size: 0, lines: 0, since: 0 }
  let untidy = false
  const room = createRoom()
  let left: string | undefined

  async function open(): Promise<number> {
    if (descriptor !== undefined) return descriptor
    descriptor = file ? await disk.open(file, 'r+') : await begin()
    return descriptor
  }

  async function begin(): Promise<number> {
    const next = join(folder, segmentName(segment + 1))
    // One that a failed beginning left behind holds nothing: its first line is written with the first batch.
    await disk.remove(next)
    const opened = await disk.open(next, 'wx')
    segment += 1
    file = next
    size = 0
    lines = 0
    since = Date.now()
    return opened
  }

  function header(): string {
    const why = left === undefined ? '' : `,"left":${JSON.stringify(left)}`
    const at = new Date(since).toISOString()
    return `"kind":"open","at":"${at}","format":1,"segment":${segment},"environment":${JSON.stringify(environment)}${why}`
  }

  async function append(fields: readonly string[]): Promise<void> {
    const target = await open()
    if (untidy) await tidy(target)
    const first = size === 0
    const { bytes, end } = makeLines(first ? [header(), ...fields] : fields, { n, hash }, room)
    try {
      for (let done = 0; done < bytes.length; )
        done += await disk.write(target, done === 0 ? bytes : bytes.subarray(done), size + done)
      if (power) await disk.sync(target)
      if (power && first) await disk.syncFolder(dirname(file as string))
    } catch (error) {
      untidy = true
      await tidy(target).catch(() => {})
      throw error
    }
    lines += end.n - n
    n = end.n
    hash = end.hash
    size += bytes.length
    if (first) left = undefined
  }

  async function tidy(target: number): Promise<void> {
    await disk.truncate(target, size)
    if (power) await disk.sync(target)
    untidy = false
  }

  async function forget(): Promise<void> {
    const last = descriptor
    descriptor = undefined
    file = undefined
    if (last !== undefined) await disk.close(last)
  }

  return {
    write: append,
    async seal() {
      if (file === undefined || size === 0) return
      // What stands for all bytes before it, in this segment and in those before, is the hash of the last line.
      await append([
        `"kind":"seal","at":"${new Date().toISOString()}","lines":${lines},"bytes":${size},"digest":"${hash}"`,
      ])
      await forget()
    },
    leave(why) {
      if (file === undefined) return
      left = why
      untidy = false
      // A number whose segment never began is free again.
      if (size === 0) segment -= 1
      void forget().catch(() => {})
    },
    close: forget,
    get now() {
      return { segment, file, size, lines, since, n, hash }
    },
  }
}

// A batch of what 50 connections asked for takes 150 KiB at most; memory of that size is fetched from the kernel each time, page by page.
const keptBytes = 1024 * 1024

/** Makes what gives the same memory to each batch: the one before was written when the next one is made. */
function createRoom(): (bytes: number) => Buffer {
  let kept = Buffer.alloc(0)
  return (bytes) => {
    if (bytes > keptBytes) return Buffer.allocUnsafe(bytes)
    if (bytes > kept.length) kept = Buffer.allocUnsafe(Math.min(keptBytes, 2 * bytes))
    return kept
  }
}
