import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../../pipeline/errors.ts'

/**
 * Reads an environment's salt, 256 random bits in hex, or makes the file, readable by its owner only. All servers of an environment share it, so that a private value has one
 * pseudonym there; it lies outside the log, so that who reads the log cannot try values. Throws InputError when it cannot be made, or is too short to be one.
 */
export function readSalt(file: string): string {
  const known = read(file)
  if (known !== undefined) return checked(known, file)
  const beside = `${file}.${process.pid}.beside`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(beside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
    // A link fails where there is a file: of two that start at once, both read the salt of the first.
    linkSync(beside, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new InputError(`${file}: the salt of the audit log cannot be made (${(cause as Error).message})`, { cause })
  } finally {
    rmSync(beside, { force: true })
  }
  return checked(read(file) ?? '', file)
}

function checked(text: string, file: string): string {
  const salt = text.trim()
  if (salt.length < 32) throw new InputError(`${file}: the salt of the audit log is shorter than 32 characters`)
  return salt
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new InputError(`${file}: the salt of the audit log cannot be read (${(cause as Error).message})`, { cause })
  }
}
