import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file of an archive: where it lies in there (relative, `/` between folders), and its bytes, or the file on this machine that has them. */
export type TarFile = { readonly path: string; readonly content: Buffer | { readonly file: string } }

const block = 512

/**
 * Writes files as a tar archive that depends on nothing but their paths and bytes: sorted, every folder named, owner 0, files 0644, folders 0755,
 * time 0. The format is POSIX.1-1988 ustar, which any builder unpacks. Throws for a path that it cannot hold (over 255 bytes).
 */
export async function writeTar(archive: string, files: readonly TarFile[]): Promise<void> {
  await pipeline(Readable.from(blocks(files)), createWriteStream(archive))
}

async function* blocks(files: readonly TarFile[]): AsyncGenerator<Buffer> {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)))
  const entries = new Map<string, TarFile['content'] | undefined>([...folders].map((path) => [path, undefined]))
  for (const { path, content } of files) entries.set(path, content)
  for (const [path, content] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (content === undefined) {
      yield header(`${path}/`, 0, true)
      continue
    }
    const bytes = Buffer.isBuffer(content) ? content : await readFile(content.file)
    yield header(path, bytes.length, false)
    yield bytes
    yield Buffer.alloc((block - (bytes.length % block)) % block)
  }
  yield Buffer.alloc(2 * block)
}

/** `a/b/c` → `a`, `a/b`. */
function foldersOf(path: string): string[] {
  const folder = posix.dirname(path)
  return folder === '.' ? [] : [...foldersOf(folder), folder]
}

function header(path: string, size: number, folder: boolean): Buffer {
  const bytes = Buffer.alloc(block)
  const { prefix, name } = split(path)
  const octal = (value: number, at: number, width: number) =>
    bytes.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  bytes.write(name, 0)
  octal(folder ? 0o755 : 0o644, 100, 8)
  octal(0, 108, 8) // owner
  octal(0, 116, 8) // group
  octal(size, 124, 12)
  octal(0, 136, 12) // time
  bytes.write(folder ? '5' : '0', 156)
  bytes.write('ustar\x0000', 257)
  octal(0, 329, 8) // device numbers
  octal(0, 337, 8)
  bytes.write(prefix, 345)
  // The sum is taken with blanks in its own place.
  bytes.fill(' ', 148, 156)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

/** ustar holds 100 bytes of name and 155 of folders before it, parted at a slash. */
function split(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  for (let at = path.indexOf('/'); at > 0 && at < path.length - 1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { prefix, name }
  }
  throw new Error(`${path}: too long for a tar archive`)
}
