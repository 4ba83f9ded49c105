import { close, fdatasync, ftruncate, open, write, writeSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/** What the audit log asks of the disk: the whole of it, so that a test can stand in its way or play back what a power cut leaves. */
export type Disk = {
  /** Opens for writing, `wx` a new file. */
  open(file: string, flags: 'wx' | 'r+'): Promise<number>
  /** Writes at a position, and tells how much of it; may be less than it was given. */
  write(descriptor: number, bytes: Buffer, position: number): number | Promise<number>
  truncate(descriptor: number, length: number): Promise<void>
  /** Resolves when what was written to the file outlives a power cut. */
  sync(descriptor: number): Promise<void>
  /** The same for the names in a folder. */
  syncFolder(folder: string): Promise<void>
  close(descriptor: number): Promise<void>
  remove(file: string): Promise<void>
  /** Whether the name still leads to a file. */
  exists(file: string): Promise<boolean>
}

const [openFile, truncate, sync, closeFile] = [
  promisify(open),
  promisify(ftruncate),
  promisify(fdatasync),
  promisify(close),
]

const mostHereBytes = 256 * 1024
const slowMs = 5
const elsewhereMs = 1000

/**
 * A write that goes to the page cache takes a microsecond or two; by the thread pool it costs ten (measured). So small ones are done here, as Redis does with its log. One
 * that took more than 5 ms, because the disk is behind, sends those of the next second to the thread pool: the event loop was held up once.
 */
function createWrite(): Disk['write'] {
  let until = 0
  return (descriptor, bytes, position) => {
    const began = performance.now()
    if (bytes.length > mostHereBytes || began < until) return writeElsewhere(descriptor, bytes, position)
    const written = writeSync(descriptor, bytes, 0, bytes.length, position)
    const ended = performance.now()
    if (ended - began > slowMs) until = ended + elsewhereMs
    return written
  }
}

const writeElsewhere = (descriptor: number, bytes: Buffer, position: number) =>
  new Promise<number>((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (error, written) => (error ? reject(error) : resolve(written)))
  })

export const realDisk: Disk = {
  open: (file, flags) => openFile(file, flags, 0o640),
  write: createWrite(),
  truncate,
  sync,
  async syncFolder(folder) {
    const descriptor = await openFile(folder, 'r')
    try {
      await sync(descriptor)
    } finally {
      await closeFile(descriptor)
    }
  },
  close: closeFile,
  remove: (file) => rm(file, { force: true }),
  exists: (file) =>
    stat(file).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false
        throw error
      },
    ),
}
