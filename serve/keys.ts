import { hash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { InputError } from '../pipeline/errors.ts'
import { type Principal, type Scope, scopes } from './principal.ts'

/** One API key: what it is called, what it may do, and the SHA-256 of it in hex. The key itself is stored nowhere. */
export type ApiKey = Principal & { readonly sha256: string }

// What a line without scopes grants: predictions, and what a client needs to ask for them. What others asked is shown to who was granted `read` by name.
const usual = { scopes: ['predict', 'read'], ownRecords: true } as const

/**
 * Reads a file of API keys, one a line: the SHA-256 of the key in 64 hex digits, then, where they are given, its scopes (`predict,read,control`) and a name
 * for logs; without scopes it may predict and read, but of the audit records its own alone. Empty lines and lines that begin with # are skipped. Throws InputError naming file and line when the file is missing or holds something else.
 */
export function readKeys(file: string): readonly ApiKey[] {
  const keys: ApiKey[] = []
  for (const [index, line] of read(file).split('\n').entries()) {
    const text = line.trim()
    if (text !== '' && !text.startsWith('#')) keys.push(readKey(text, `${file}: line ${index + 1}`))
  }
  return keys
}

// The line itself is not shown: it may be a key that someone pasted.
function readKey(line: string, where: string): ApiKey {
  const [first = '', second, third, ...more] = line.split(/\s+/)
  const sha256 = first.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new InputError(
      `${where} is not a SHA-256 in hex (64 digits); write printf %s "$KEY" | sha256sum, never the key itself`,
    )
  const granted = second?.split(',') ?? usual.scopes
  if (!granted.every((scope): scope is Scope => (scopes as readonly string[]).includes(scope)) || more.length > 0)
    throw new InputError(`${where} must be <SHA-256> [scopes] [name], with scopes of ${scopes.join(',')}`)
  if (third !== undefined && !/^[\w.@:-]{1,64}$/.test(third))
    throw new InputError(`${where}: the name must be 1 to 64 letters, digits or . _ @ : -`)
  const id = third ?? `key-${sha256.slice(0, 12)}`
  return second === undefined ? { id, ...usual, sha256 } : { id, scopes: granted, sha256 }
}

/** Makes what finds the key that is presented. The time it takes tells nothing about the keys: hashes are compared, all of them, in constant time. */
export function keyLookup(keys: readonly ApiKey[]): (presented: string) => Principal | undefined {
  const place = placeOf(keys.map(({ sha256 }) => sha256))
  return (presented) => keys[place(presented)]
}

/** Makes the check of a presented key against the SHA-256 of each known one, in hex; in constant time. */
export function keyCheck(hashes: readonly string[]): (presented: string) => boolean {
  const place = placeOf(hashes)
  return (presented) => place(presented) >= 0
}

function placeOf(hashes: readonly string[]): (presented: string) => number {
  // As text: a hash comes as a string in a third of the time that it takes as bytes.
  const known = hashes.map((sha256) => Buffer.from(sha256, 'latin1'))
  const bytes = Buffer.alloc(64)
  return (presented) => {
    bytes.write(hash('sha256', presented), 'latin1')
    let found = -1
    for (let index = 0; index < known.length; index += 1)
      if (timingSafeEqual(known[index] as Buffer, bytes)) found = index
    return found
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new InputError(`${file}: the file of API keys cannot be read (${(cause as Error).message})`, { cause })
  }
}
