import { hash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InputError } from '../pipeline/errors.ts'

/**
 * Reads the SHA-256 hashes of the API keys: one per line, 64 hex digits; empty lines and lines that begin with # are skipped.
 * Throws InputError naming file and line when the file is missing, empty of keys, or holds something else. The keys themselves are stored nowhere.
 */
export function readKeyHashes(file: string): readonly string[] {
  const hashes: string[] = []
  for (const [index, line] of read(file).split('\n').entries()) {
    const text = line.trim().toLowerCase()
    if (text === '' || text.startsWith('#')) continue
    // The line itself is not shown: it may be a key that someone pasted.
    if (!/^[0-9a-f]{64}$/.test(text)) {
      throw new InputError(
        `${file}: line ${index + 1} is not a SHA-256 in hex (64 digits); write printf %s "$KEY" | sha256sum, never the key itself`,
      )
    }
    hashes.push(text)
  }
  if (hashes.length === 0) throw new InputError(`${file}: no API key in it; write one SHA-256 in hex per line`)
  return hashes
}

/** Makes the check of a presented key. The time it takes tells nothing about the keys: hashes are compared, all of them, in constant time. */
export function keyCheck(hashes: readonly string[]): (key: string) => boolean {
  const known = hashes.map((text) => Buffer.from(text, 'hex'))
  return (key) => {
    const presented = hash('sha256', key, 'buffer')
    let matches = false
    for (const candidate of known) matches = timingSafeEqual(candidate, presented) || matches
    return matches
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`${file}: the file of API keys cannot be read (${(cause as Error).message})`, { cause })
  }
}
