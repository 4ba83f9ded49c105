import { close, fdatasync, ftruncate, open, write } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

/** What the audit log asks of the disk: the whole of it, so that a test can stand in its way or play back what a power cut leaves. */
export type Disk = {
  /** Opens for writing, `wx` a new file. */
  open(file: string, flags: 'wx' | 'r+'): Promise<number>
  /** Writes at a position; may write less than it was given. */
  write(descriptor: number, bytes: Buffer, position: number): Promise<number>
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

export const realDisk: Disk = {
  open: (file, flags) => openFile(file, flags, 0o640),
  // The callback itself: this is called for every batch.
  write: (descriptor, bytes, position) =>
    new Promise((resolve, reject) => {
      write(descriptor, bytes, 0, bytes.length, position, (error, written) =>
        error ? reject(error) : resolve(written),
      )
    }),
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
