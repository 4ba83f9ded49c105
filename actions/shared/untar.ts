import { InputError } from '../../pipeline/errors.ts'

const block = 512

/**
 * Opens a tar archive as `pipeline/release/image/tar.ts` writes it (POSIX.1-1988 ustar), in memory, and gives its files by their paths. Refused is everything else: a path that
 * is not allowed, what is neither file nor folder, two files of one path, a header that is not that of its checksum, and an end that comes too early.
 * Throws InputError with `name`, which says what archive this is, and the entry.
 */
export function untar(archive: Buffer, name: string, allow: (path: string) => boolean): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  const refuse = (why: string): never => {
    throw new InputError(`${name}: ${why}; it is not read`)
  }
  for (let at = 0; ; ) {
    const header = archive.subarray(at, at + block)
    if (header.length < block) return refuse('ends before its end')
    if (header.every((byte) => byte === 0)) return files
    const number = (from: number, width: number) => {
      const text = header.toString('latin1', from, from + width).replace(/[\0 ]+$/, '')
      return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : refuse('has a header without numbers')
    }
    const text = (from: number, width: number) => header.toString('utf8', from, from + width).split('\0', 1)[0] ?? ''
    const prefix = text(345, 155)
    const path = `${prefix === '' ? '' : `${prefix}/`}${text(0, 100)}`
    const shown = JSON.stringify(path)
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, 200)
    if (text(257, 6) !== 'ustar' || number(148, 8) !== sumOf(header)) refuse(`entry ${shown}: has a broken header`)
    const [size, kind] = [number(124, 12), header.toString('latin1', 156, 157)]
    at += block
    if (kind === '5' && size === 0) continue
    if (kind !== '0') refuse(`entry ${shown}: is not a file`)
    if (!allow(path)) refuse(`entry ${shown}: is not a file that belongs there`)
    if (files.has(path)) refuse(`entry ${shown}: is there twice`)
    const content = archive.subarray(at, at + size)
    if (content.length < size) refuse(`entry ${shown}: ends before its end`)
    files.set(path, content)
    at += Math.ceil(size / block) * block
  }
}

/** The sum of a header's bytes, with blanks in its own place. */
function sumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}
