import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file whole or not at all: beside it first, then renamed over it. Makes the folder; leaves nothing behind when it fails. */
export async function writeWhole(file: string, content: string | Buffer): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.beside`
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(beside, content)
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

const withoutLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * Makes a file whose folder is there, for one only: false where there is one. It appears with its content or not at all, and that is on the disk first with `flush`. Only on a volume without links,
 * as some networks' are, may it be seen before it has all of that: see `isYoung`.
 */
export async function makeOnce(file: string, content: string, { flush = false } = {}): Promise<boolean> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.beside`
  try {
    await writeFile(beside, content, { flush })
    await link(beside, file).catch(async (error: NodeJS.ErrnoException) => {
      if (!withoutLinks.includes(error.code ?? '')) throw error
      await using handle = await open(file, 'wx')
      await handle.writeFile(content)
      if (flush) await handle.sync()
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    await rm(beside, { force: true })
  }
}

/** Whether a file was last written within `ms`: one that is not whole may become so. */
export async function isYoung(file: string, ms: number): Promise<boolean> {
  // Clocks differ: a file of the future is no younger than one of the past.
  return stat(file).then(
    ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs) < ms,
    () => false,
  )
}

/** SHA-256 of a file's bytes, in hex. It is read piece by piece into one buffer: a stream's many take as long as the hash. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await using handle = await open(path)
  const buffer = Buffer.allocUnsafe(1 << 18)
  for (;;) {
    const { bytesRead } = await handle.read(buffer)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
  }
}
