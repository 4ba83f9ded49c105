import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
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
