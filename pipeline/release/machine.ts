import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'

/**
 * A word of this machine's own for this folder, made at random at first and kept in `.mergeline/host/machine-id`: machines often share a hostname, cloned ones /etc/machine-id too, and containers
 * have none. Of two commands that make it at once, both get the same. Throws InputError for a damaged file.
 */
export async function machineOf(root: string): Promise<string> {
  const folder = join(root, '.mergeline', 'host')
  const file = join(folder, 'machine-id')
  const text = (await read(file)) ?? (await make(folder, file))
  if (/^m[0-9a-f]{12}\n$/.test(text)) return text.trim()
  throw new InputError(`${file} is damaged; remove it and run again`)
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Beside it and onto the disk first, then linked: it appears whole or not at all, and once. */
async function make(folder: string, file: string): Promise<string> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`
  await mkdir(folder, { recursive: true })
  try {
    await using handle = await open(beside, 'w')
    await handle.writeFile(`m${randomBytes(6).toString('hex')}\n`)
    await handle.sync()
    await link(beside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(beside, { force: true })
  }
  return readFile(file, 'utf8')
}
