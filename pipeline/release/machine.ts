import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../errors.ts'
import { isYoung, makeOnce } from '../files.ts'

/**
 * A word of this machine's own for this folder, made at random at first and kept in `.mergeline/host/machine-id`: machines often share a hostname, cloned ones /etc/machine-id too, and containers
 * have none. Of two commands that make it at once, both get the same. Throws InputError for a damaged file.
 */
export async function machineOf(root: string): Promise<string> {
  const folder = join(root, '.mergeline', 'host')
  const file = join(folder, 'machine-id')
  for (;;) {
    const text = await read(file)
    if (text !== undefined && /^m[0-9a-f]{12}\n$/.test(text)) return text.trim()
    if (text === undefined) {
      await mkdir(folder, { recursive: true })
      await makeOnce(file, `m${randomBytes(6).toString('hex')}\n`, { flush: true })
    } else if (text === '' && (await isYoung(file, 5000))) await sleep(50)
    else throw new InputError(`${file} is damaged; remove it and run again`)
  }
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
