import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'

/** Reads the control token, or makes the file with a new one, readable by its owner only. Throws InputError when others can read it, or it is empty. */
export function readToken(file: string): string {
  try {
    mkdirSync(dirname(file), { recursive: true })
    // wx: of two that start at once, one makes the token and both read it.
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
    chmodSync(file, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new InputError(`${file}: the control token cannot be written (${(error as Error).message})`, {
        cause: error,
      })
  }
  if ((statSync(file).mode & 0o077) !== 0)
    throw new InputError(`${file}: others can read the control token; chmod 600 it`)
  const token = readFileSync(file, 'utf8').trim()
  if (token.length < 16)
    throw new InputError(`${file}: the control token is shorter than 16 characters; remove the file to get a new one`)
  return token
}
